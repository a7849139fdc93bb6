// Random networks for the property tests of passes, from a seed: convolutions with batch norms, residuals,
// branches, decomposed activations and norms, no-ops and constant arithmetic, in any order.
#pragma once

#include "graph/graph.h"

namespace dyce::test {

/// A batched graph with one input, one to three outputs and no dead code.
Graph random_graph(unsigned seed);

}  // namespace dyce::test
