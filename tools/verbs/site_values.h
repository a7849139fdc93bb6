// What exit heads may read of a network, for people and programs: `dyce inspect --values`, and the errors of
// `dyce train`. Stateless.
#pragma once

#include "loaders/format/model_file.h"

#include <nlohmann/json.hpp>
#include <string>

namespace dyce {

/// "14x14", "14x14, channels last", "64 tokens behind 1", "vector": a site of that shape besides its channels.
std::string positions_text(const Shape& shape, const Site& site);

/// "layout" and, of tokens, "prefix" and "grid" where they are known.
void add_layout(nlohmann::ordered_json& json, const Site& site);

/// Every value that --sites-at would take: name, shape, layout, channels, macs, whether it is the only value alive,
/// and its number where it is a site.
nlohmann::ordered_json values_to_json(const Member& member);

/// The same as lines for people.
void print_values(const Member& member);

/// For an error where there is no site to train at: the option, and some of those that are the only value alive.
std::string sites_hint(const Member& member);

}  // namespace dyce
