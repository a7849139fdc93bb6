// Along which axis of a value its channels lie, as the nodes behind it tell. Pure functions.
#pragma once

#include "graph/exits/backbone_values.h"

#include <optional>

namespace dyce {

/// The axis of the node's first input that it works along as channels - a LayerNormalization or a linear layer
/// the last one, a convolution or a pool the first one behind that of the images -, or -1 where it is none of these.
int worked_axis(const BackboneValues& values, const Node& node);

/// Where axis `axis` of `from`, an input of the node, lies in its first output; -1 where it is no more, or the node
/// says nothing about it.
int followed_axis(const BackboneValues& values, const Node& node, ValueId from, int axis);

/// The axis of `value` that the next node behind it works along which works along any; empty where none does.
std::optional<int> find_channel_axis(const BackboneValues& values, ValueId value);

}  // namespace dyce
