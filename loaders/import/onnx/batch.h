// A graph imported at one batch size must be right at every other. Stateless.
#pragma once

#include "graph/graph.h"

namespace dyce {

/// A number of images to compare with; no dimension of a network is likely to equal it.
constexpr std::int64_t kOtherBatch = 11;

/// Throws Error{kContent} naming the first node or constant in which two imports of one file, at different
/// batch sizes, differ.
void refuse_batch_dependence(const Graph& one, const Graph& other);

/// Throws Error{kContent} naming a node that mixes the images of a batch: it sums, normalises, joins, cuts,
/// pads or resizes along a dimension that counts them.
void refuse_mixed_images(const Graph& graph);

}  // namespace dyce
