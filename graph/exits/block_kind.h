// What a block of a network does between two values that live alone: whether it lets positions see each other.
// Pure functions.
#pragma once

#include "graph/exits/backbone_values.h"

namespace dyce {

enum class BlockKind {
    kAttention,  ///< a product of two computed values
    kMixer,      ///< other arithmetic across positions
    kPointwise,  ///< each position by itself, as the second half of a transformer's block does
};

/// Of the nodes behind `from`, whose channels lie along `axis`, up to `to`. `from` is -1 where the network begins.
BlockKind find_block_kind(const BackboneValues& values, ValueId from, int axis, ValueId to);

/// Whether the Add that makes `sum` adds to `value` itself, however its axes are named.
bool adds_to(const BackboneValues& values, ValueId sum, ValueId value);

}  // namespace dyce
