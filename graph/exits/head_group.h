// Which heads of a type hang together (docs/method.md, "Exit heads"). Pure functions.
#pragma once

#include "graph/exits/exits.h"
#include "graph/exits/head_type.h"

#include <string>

namespace dyce {

/// Names the group that the type's head at that site belongs to: heads of one group are trained and attached
/// together.
std::string group_of(const Graph& graph, const ExitTable& exits, int site, const HeadType& type);

}  // namespace dyce
