// Weights at half the size: float32 numbers that a file holds as bfloat16. Functions.
#pragma once

#include "graph/graph.h"

#include <cstddef>
#include <vector>

namespace dyce {

/// What may be narrowed: float32 of two axes or more. Biases and what belongs to norms has one.
bool is_weight(const Tensor& tensor);

/// Whether bfloat16 holds every number of a float32 tensor as it is.
bool is_narrow(const Tensor& tensor);

/// Whether type, shape and all numbers are the same, to the bit.
bool has_same_bits(const Tensor& a, const Tensor& b);

/// Rounds all weights of the graph to the nearest number that bfloat16 holds, ties to even.
void round_weights(Graph& graph);

/// Float32 numbers in bfloat16, each rounded so.
std::vector<std::byte> narrowed(const Tensor& tensor);

}  // namespace dyce
