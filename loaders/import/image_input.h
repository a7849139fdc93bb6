// The input of an imported network as dyce feeds it: N x C x H x W. Stateless.
#pragma once

#include "graph/graph.h"

#include <string>

namespace dyce {

/// The shape of one image, C x H x W. An input of N x H x W x C, as Keras writes them, becomes N x C x H x W with a
/// Transpose behind it, which simplify() folds away where the network begins with its opposite. Throws
/// Error{kContent} naming the input when there is not one of rank 4.
Shape take_channels_first(Graph& graph);

}  // namespace dyce
