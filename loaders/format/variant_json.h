// How a member is used that others may have the network of, as JSON (docs/model-format.md, key dyce.variant). Pure
// functions.
#pragma once

#include "graph/exits/exits.h"
#include "loaders/format/json.h"

#include <string>

namespace dyce {

/// The canonical text; empty for a network without gates, and for the tau that gates have where nothing is said. Throws
/// Error{kContent} when `gate_threshold` is outside of 0 to 1.
std::string variant_to_text(const ExitTable& exits, double gate_threshold);

/// tau by what variant_to_text() wrote, of an empty text too. Throws Error{kContent} naming `where` and the field.
double gate_threshold_from_text(const std::string& text, const std::string& where, const ExitTable& exits);

}  // namespace dyce
