// From logits to a Prediction. Stateless.
#pragma once

#include <dyce/session.h>

#include <span>
#include <string>
#include <vector>

namespace dyce {

/// Softmax with the maximum subtracted (float32), best `topk` classes, most probable first; equal probabilities keep
/// class order. Sets `error` when a logit is not finite.
Prediction answer(std::span<const float> logits, const std::vector<std::string>& labels, int topk);

}  // namespace dyce
