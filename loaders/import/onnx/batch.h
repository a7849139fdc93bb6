// A graph imported at one batch size must be right at every other. Stateless.
#pragma once

#include "graph/graph.h"

#include <string>

namespace dyce {

/// A number of images to compare with; no dimension of a network is likely to equal it.
constexpr std::int64_t kOtherBatch = 11;

/// Makes one graph for all batch sizes of two imports of a file, for one image and for kOtherBatch: of a Reshape
/// whose sizes differ along one axis by that factor the axis is left open, and a constant whose rows the other
/// import repeats is repeated for each image (ExpandToBatch). Throws Error{kContent} naming the first node or
/// constant that differs in another way.
void reconcile_batches(Graph& one, const Graph& other);

/// Throws Error{kContent} naming a node that mixes the images of a batch: it sums, normalises, joins, cuts,
/// pads or resizes along a dimension that counts them.
void refuse_mixed_images(const Graph& graph);

/// Throws Error{kContent}: what is wrong, and how a model must be exported.
[[noreturn]] void refuse_for_batch(const std::string& where, const std::string& message);

}  // namespace dyce
