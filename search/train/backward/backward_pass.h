// How an operator is trained: beside the plain function that ops/ knows, the way back. One file an operator,
// or one for a family; they are listed in backward_pass.cpp. Immutable constants.
#pragma once

#include "search/train/backward/tape.h"

#include <functional>
#include <span>

namespace dyce {

/// Appends the steps of a node's backward pass.
using Backward = std::function<void()>;

struct BackwardPass {
    std::string_view name;
    std::string_view domain;
    /// Appends the steps of the forward pass as training runs it. Throws Error{kContent} where the node's
    /// attributes or inputs cannot be trained.
    Backward (*differentiate)(const OpCall& call, Tape& tape);
    /// Whether a ReLU may be joined to it, as its only post-op.
    bool takes_relu = false;
};

/// nullptr when the operator cannot be trained.
const BackwardPass* find_backward_pass(const OpSpec& spec);

namespace backward {

Backward add(const OpCall& call, Tape& tape);
Backward adaptive_average_pool(const OpCall& call, Tape& tape);
Backward average_pool(const OpCall& call, Tape& tape);
Backward batch_normalization(const OpCall& call, Tape& tape);
Backward conv(const OpCall& call, Tape& tape);
Backward gate(const OpCall& call, Tape& tape);
Backward gemm(const OpCall& call, Tape& tape);
Backward global_average_pool(const OpCall& call, Tape& tape);
Backward max_pool(const OpCall& call, Tape& tape);
Backward move(const OpCall& call, Tape& tape);
Backward relu(const OpCall& call, Tape& tape);
Backward view(const OpCall& call, Tape& tape);

}  // namespace backward
}  // namespace dyce
