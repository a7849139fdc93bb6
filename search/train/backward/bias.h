// The bias of a layer with weights. A function.
#pragma once

#include "search/train/backward/tape.h"

#include <vector>

namespace dyce::backward {

/// Of an operator whose input 2, when there is one, is a bias of layout `desc`: adds it to the arguments of the
/// forward pass and gives where its gradient goes; a buffer without id when there is none.
Buffer trained_bias(const OpCall& call, Tape& tape, const MemoryDesc& desc, std::vector<Argument>& arguments);

}  // namespace dyce::backward
