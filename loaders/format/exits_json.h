// The exit table as JSON (docs/model-format.md, key dyce.exits): sites and heads by the names of values.
// Pure functions.
#pragma once

#include "graph/exits/exits.h"
#include "loaders/format/json.h"

#include <string>

namespace dyce {

/// The canonical text; empty when `graph` has no heads and its sites are those of the rule.
std::string exits_to_text(const Graph& graph, const ExitTable& exits);

/// What exits_to_text() wrote, of an empty text too. Throws Error{kContent} naming `where` and the field,
/// Error{kResource} over a limit.
ExitTable exits_from_text(const std::string& text, const std::string& where, const Graph& graph);

}  // namespace dyce
