// From logits to a Prediction. Stateless.
#pragma once

#include "loaders/format/output_activation.h"

#include <dyce/session.h>

#include <span>
#include <string>
#include <vector>

namespace dyce {

/// Softmax with the maximum subtracted (float32), or what else the logits mean; the best `topk` classes, most
/// probable first; equal logits keep class order. Sets `error` when a logit is not finite.
Prediction answer(std::span<const float> logits, const std::vector<std::string>& labels, int topk,
                  OutputActivation activation = OutputActivation::kSoftmax);

}  // namespace dyce
