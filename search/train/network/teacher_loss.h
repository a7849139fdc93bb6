// What a network learns from a bigger one's answers. A pure function; `Real` is float, or double where
// gradients are checked.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>

namespace dyce {

struct DistillOptions {
    enum class Kind {
        kNone,
        kPlain,    ///< its answers, right or wrong (soft distillation, arXiv 1503.02531)
        kEntropy,  ///< its answers where it is right, doubt where it is wrong (ERDE)
    };
    Kind kind = Kind::kNone;
    double alpha = 0.5;      ///< share of the labels
    double temperature = 1;  ///< softens both sides
    double entropy = 0.5;    ///< weight of the doubt
};

/// log(sum of exp(z / temperature)).
template <class Real, class Logit>
Real log_sum_exp(std::span<const Logit> z, Real temperature) {
    const Real top = static_cast<Real>(*std::max_element(z.begin(), z.end()));
    Real sum = 0;
    for (const Logit one : z) sum += std::exp((static_cast<Real>(one) - top) / temperature);
    return std::log(sum) + top / temperature;
}

/// T^2 * KL(softmax(teacher / T) || softmax(z / T)); where the entropy counts and the teacher's best class is
/// not `label`, -entropy * H(softmax(z)) instead. Its gradient by z, times `weight`, is added. Nothing is
/// allocated.
template <class Real>
Real teacher_loss(std::span<const Real> z, std::span<const float> teacher, int label,
                  const DistillOptions& options, Real weight, Real* gradient) {
    const bool is_right = std::max_element(teacher.begin(), teacher.end()) - teacher.begin() == label;
    Real loss = 0;
    if (is_right || options.kind == DistillOptions::Kind::kPlain) {
        const auto t = static_cast<Real>(options.temperature);
        const Real ours = log_sum_exp<Real, Real>(z, t), theirs = log_sum_exp<Real, float>(teacher, t);
        for (std::size_t k = 0; k < z.size(); ++k) {
            const Real log_p = z[k] / t - ours, log_q = static_cast<Real>(teacher[k]) / t - theirs;
            loss += t * t * std::exp(log_q) * (log_q - log_p);
            gradient[k] += weight * t * (std::exp(log_p) - std::exp(log_q));
        }
        return loss;
    }
    const auto doubt = static_cast<Real>(options.entropy);
    const Real log_sum = log_sum_exp<Real, Real>(z, Real{1});
    Real entropy = 0;
    for (const Real one : z) entropy -= std::exp(one - log_sum) * (one - log_sum);
    for (std::size_t k = 0; k < z.size(); ++k) {
        const Real log_p = z[k] - log_sum;
        gradient[k] += weight * doubt * std::exp(log_p) * (log_p + entropy);
    }
    return -doubt * entropy;
}

}  // namespace dyce
