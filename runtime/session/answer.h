// From logits to a Prediction. Stateless.
#pragma once

#include "loaders/format/output_activation.h"

#include <dyce/session.h>

#include <span>
#include <string>
#include <vector>

namespace dyce {

/// What an answer holds besides how the image left.
struct AnswerOptions {
    int topk = 5;
    bool logits = false;
    OutputActivation activation = OutputActivation::kSoftmax;  ///< what the logits mean
};

/// Softmax with the maximum subtracted (float32), or what else the logits mean; the best `topk` classes, most
/// probable first; equal logits keep class order. Sets `error` when a logit is not finite;
/// then there are no logits either.
Prediction answer(std::span<const float> logits, const std::vector<std::string>& labels,
                  const AnswerOptions& options);

}  // namespace dyce
