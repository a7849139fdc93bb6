// Runs a graph with the operators' plain loops, node by node: the oracle for everything faster.
#pragma once

#include "graph/graph.h"

namespace dyce {

/// Values of the graph's outputs for the given inputs (in the order of graph.inputs).
/// Throws Error{kUsage} when the number, type or shape of the inputs does not fit.
std::vector<Tensor> interpret(const Graph& graph, const std::vector<Tensor>& inputs);

/// Outputs of one node for the given values of all its inputs.
std::vector<Tensor> interpret(const Node& node, const std::vector<Tensor>& inputs);

}  // namespace dyce
