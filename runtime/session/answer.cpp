#include "runtime/session/answer.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace dyce {
namespace {

std::vector<float> softmax(std::span<const float> logits) {
    const float top = *std::max_element(logits.begin(), logits.end());
    std::vector<float> result(logits.size());
    float sum = 0;
    for (std::size_t i = 0; i < logits.size(); ++i) sum += result[i] = std::exp(logits[i] - top);
    for (float& p : result) p /= sum;
    return result;
}

std::vector<float> activated(std::span<const float> logits, OutputActivation activation) {
    if (activation == OutputActivation::kSoftmax) return softmax(logits);
    std::vector<float> result(logits.begin(), logits.end());
    if (activation == OutputActivation::kSigmoid)
        for (float& x : result) x = 1 / (1 + std::exp(-x));
    return result;
}

}  // namespace

Prediction answer(std::span<const float> logits, const std::vector<std::string>& labels,
                  const AnswerOptions& options) {
    Prediction prediction;
    if (!std::all_of(logits.begin(), logits.end(), [](float x) { return std::isfinite(x); })) {
        prediction.error = "the network's output is not finite";
        return prediction;
    }
    const auto probabilities = activated(logits, options.activation);
    std::vector<int> order(logits.size());
    std::iota(order.begin(), order.end(), 0);
    const auto count = std::min(order.size(), static_cast<std::size_t>(std::max(options.topk, 1)));
    const auto surer = [&](int a, int b) {
        const float x = logits[static_cast<std::size_t>(a)], y = logits[static_cast<std::size_t>(b)];
        return x != y ? x > y : a < b;
    };
    std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(count), order.end(), surer);
    for (std::size_t i = 0; i < count; ++i) {
        const auto c = static_cast<std::size_t>(order[i]);
        prediction.index.push_back(order[i]);
        prediction.label.push_back(labels.empty() ? std::to_string(c) : labels[c]);
        prediction.prob.push_back(probabilities[c]);
    }
    if (options.logits) prediction.logits.assign(logits.begin(), logits.end());
    return prediction;
}

}  // namespace dyce
