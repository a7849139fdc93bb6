// What the output of a network means, as JSON (docs/model-format.md, key dyce.outputs). Pure functions.
#pragma once

#include "graph/graph.h"
#include "loaders/format/json.h"
#include "loaders/format/output_activation.h"

#include <string>

namespace dyce {

/// The canonical text; empty for a softmax of the graph's first output, which is what a file without the key
/// means.
std::string outputs_to_text(const Graph& graph, OutputActivation activation);

/// What outputs_to_text() wrote, of an empty text too. Throws Error{kContent} naming `where` and the field.
OutputActivation outputs_from_text(const std::string& text, const std::string& where, const Graph& graph);

}  // namespace dyce
