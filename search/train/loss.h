// What training minimises (docs/method.md, "Training heads"): a mix of cross-entropy with the labels and of
// the distance to the network's own answers (soft distillation, arXiv 1503.02531). Pure functions.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

namespace dyce {

struct LossOptions {
    double alpha = 0.5;      ///< share of the cross-entropy; 1 = no distillation
    double temperature = 1;  ///< softens both sides of the distillation
    double smoothing = 0;    ///< label smoothing: this much of the label is spread over all classes
};

/// softmax(logits / temperature), the maximum subtracted; `log_sum` is the logarithm of the denominator.
template <class Real, class Logit>
Real softmax(std::span<const Logit> logits, Real temperature, Real* probabilities) {
    const Real top = static_cast<Real>(*std::max_element(logits.begin(), logits.end()));
    Real sum = 0;
    for (std::size_t k = 0; k < logits.size(); ++k)
        sum += probabilities[k] = std::exp((static_cast<Real>(logits[k]) - top) / temperature);
    for (std::size_t k = 0; k < logits.size(); ++k) probabilities[k] /= sum;
    return std::log(sum) + top / temperature;
}

/// alpha * CE(z, label) + (1 - alpha) * T^2 * KL(softmax(teacher / T) || softmax(z / T)) of one image, and
/// its gradient by z.
template <class Real>
Real head_loss(const LossOptions& options, std::span<const Real> z, int label, std::span<const float> teacher,
               Real* gradient) {
    const auto alpha = static_cast<Real>(options.alpha), t = static_cast<Real>(options.temperature);
    const auto smoothing = static_cast<Real>(options.smoothing);
    const std::size_t classes = z.size();
    const Real spread = smoothing / static_cast<Real>(classes);
    std::vector<Real> ours(classes), theirs(classes);

    Real log_sum = softmax<Real>(z, Real{1}, ours.data());
    Real loss = 0;
    for (std::size_t k = 0; k < classes; ++k) {
        const Real target = spread + (static_cast<int>(k) == label ? 1 - smoothing : 0);
        loss += alpha * target * (log_sum - z[k]);
        gradient[k] = alpha * (ours[k] - target);
    }
    if (alpha == 1) return loss;

    log_sum = softmax<Real>(z, t, ours.data());
    const Real log_sum_of_teacher = softmax<Real>(teacher, t, theirs.data());
    for (std::size_t k = 0; k < classes; ++k) {
        const Real log_ratio = static_cast<Real>(teacher[k]) / t - log_sum_of_teacher - (z[k] / t - log_sum);
        loss += (1 - alpha) * t * t * theirs[k] * log_ratio;
        gradient[k] += (1 - alpha) * t * (ours[k] - theirs[k]);
    }
    return loss;
}

}  // namespace dyce
