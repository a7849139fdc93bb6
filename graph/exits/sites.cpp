#include "graph/exits/sites.h"

#include "graph/exits/backbone_values.h"
#include "runtime/core/index.h"
#include "runtime/core/nearest_name.h"

#include <dyce/error.h>

#include <algorithm>

namespace dyce {
namespace {

// Maps, and what holds the features of one image besides them.
bool can_be_site(const BackboneValues& values, ValueId value) {
    const Shape& shape = values.shape(value);
    return shape.rank() == 4 || (default_layout(shape.rank()) && shape[0] == 1);
}

// A join, unless its activation ends it; or that activation.
bool ends_join(const BackboneValues& values, ValueId value) {
    if (values.is_join(value)) return values.activation_after(value) < 0;
    const ValueId input = values.graph().nodes[index(values.maker(value))].inputs[0];
    return values.activation_after(input) == value && values.is_join(input);
}

bool is_site(const BackboneValues& values, ValueId value) {
    if (values.shape(value).rank() != 4) return false;
    return values.feeds_head(value) || (values.alive(value) == 1 && ends_join(values, value));
}

template <class Predicate>
std::vector<Site> sites_where(const BackboneValues& values, const Predicate& is_wanted) {
    std::vector<Site> sites;
    for (const ValueId value : values.made())
        if (is_wanted(value)) sites.push_back(site_at(values, value));
    return sites;
}

void check_found(const BackboneValues& values, const std::string& name, const std::vector<std::string>& names,
                 const std::vector<Site>& sites) {
    if (std::count(names.begin(), names.end(), name) > 1)
        throw Error(ErrorCode::kContent, "site " + name, "is named twice");
    if (std::any_of(sites.begin(), sites.end(), [&](const Site& site) { return site.name == name; })) return;
    std::vector<std::string_view> possible;
    for (const ValueId value : values.made())
        if (can_be_site(values, value)) possible.push_back(values.graph().value(value).name);
    throw Error(ErrorCode::kContent, "site " + name,
                "is not a value of rank 4, 3 or 2 that the backbone computes for each image" +
                    nearest_hint(name, possible, "\""));
}

}  // namespace

Site site_at(const BackboneValues& values, ValueId value) {
    const Shape& shape = values.shape(value);
    const SiteLayout layout = *default_layout(shape.rank());
    return {value, values.graph().value(value).name, map_of(shape, layout, {}).channels, values.macs(value),
            layout};
}

std::vector<Site> find_sites(const Graph& graph) { return find_sites(BackboneValues(graph)); }

std::vector<Site> find_sites(const BackboneValues& values) {
    return sites_where(values, [&](ValueId value) { return is_site(values, value); });
}

std::vector<Site> find_sites(const Graph& graph, const std::vector<std::string>& names) {
    const BackboneValues values(graph);
    auto sites = sites_where(values, [&](ValueId value) {
        return can_be_site(values, value) &&
               std::count(names.begin(), names.end(), graph.value(value).name) > 0;
    });
    for (const std::string& name : names) check_found(values, name, names, sites);
    return sites;
}

std::vector<Site> possible_sites(const BackboneValues& values) {
    return sites_where(values, [&](ValueId value) {
        const Node& maker = values.graph().nodes[index(values.maker(value))];
        return can_be_site(values, value) && values.shape(value)[0] == 1 &&
               maker.spec->name != "ExpandToBatch";  // the same for every image
    });
}

std::vector<Site> find_again(const Graph& graph, const std::vector<Site>& sites) {
    std::vector<std::string> names;
    for (const Site& site : sites) names.push_back(site.name);
    std::vector<Site> found = find_sites(graph, names);
    for (std::size_t i = 0; i < found.size(); ++i) {
        found[i].layout = sites[i].layout;
        found[i].channels = sites[i].channels;
        found[i].tokens = sites[i].tokens;
    }
    return found;
}

void set_layout(const Graph& graph, Site& site, SiteLayout layout) {
    set_layout(infer_types(graph)[index(site.value)].shape, site, layout);
}

void set_layout(const Shape& shape, Site& site, SiteLayout layout) {
    if (rank_of(layout) != shape.rank())
        throw Error(ErrorCode::kContent, "site " + site.name,
                    "is " + shape.to_string() + ", which cannot be laid out as " + name_of(layout));
    site.layout = layout;
    site.tokens = {};
    site.channels = map_of(shape, layout, {}).channels;
}

void set_tokens(const Graph& graph, Site& site, const SiteTokens& tokens) {
    set_tokens(infer_types(graph)[index(site.value)].shape, site, tokens);
}

void set_tokens(const Shape& shape, Site& site, const SiteTokens& tokens) {
    const auto refuse = [&](const std::string& message) {
        throw Error(ErrorCode::kContent, "site " + site.name, "is " + shape.to_string() + ", " + message);
    };
    if (site.layout != SiteLayout::kTokens) refuse("which are no tokens");
    if (tokens.prefix < 0 || tokens.prefix >= shape[1])
        refuse(std::to_string(tokens.prefix) + " tokens before the patches given, expected 0 to " +
               std::to_string(shape[1] - 1));
    const std::int64_t patches = shape[1] - tokens.prefix;
    const bool has_grid = tokens.height != 0 || tokens.width != 0;
    if (has_grid && (tokens.height < 1 || tokens.width < 1 || patches % tokens.height != 0 ||
                     patches / tokens.height != tokens.width))
        refuse("a grid of " + std::to_string(tokens.height) + "x" + std::to_string(tokens.width) +
               " given for " + std::to_string(patches) + " patches");
    site.tokens = tokens;
}

}  // namespace dyce
