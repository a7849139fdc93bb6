// Cross-entropy with labels that are smoothed and mixed. A pure function; `Real` is float, or double where
// gradients are checked.
#pragma once

#include "search/train/loss.h"
#include "search/train/network/batch_maker.h"

#include <span>

namespace dyce {

/// The loss of one image; its gradient by z, times `weight`, is written. Nothing is allocated.
template <class Real>
Real target_loss(std::span<const Real> z, const Target& target, double smoothing, Real weight,
                 Real* gradient) {
    const auto spread = static_cast<Real>(smoothing) / static_cast<Real>(z.size());
    const auto rest = 1 - static_cast<Real>(smoothing), share = static_cast<Real>(target.share);
    const Real log_sum = softmax<Real>(z, Real{1}, gradient);
    Real loss = 0;
    for (std::size_t k = 0; k < z.size(); ++k) {
        const int own = static_cast<int>(k);
        const Real wanted = spread + (own == target.label ? rest * share : 0) +
                            (own == target.other ? rest * (1 - share) : 0);
        loss += wanted * (log_sum - z[k]);
        gradient[k] = weight * (gradient[k] - wanted);
    }
    return loss;
}

}  // namespace dyce
