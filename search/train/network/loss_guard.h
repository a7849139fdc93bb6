// Watches the loss of a training: one that explodes has to go back, and goes on at half the rate. A value; one thread.
#pragma once

#include <array>
#include <cmath>
#include <span>

namespace dyce {

class LossGuard {
public:
    /// `chance`: the loss of a network that knows nothing, the logarithm of the number of classes.
    explicit LossGuard(double chance) : chance_(static_cast<float>(chance)) {}

    /// Whether the training may go on after a step of this loss. Only what no healthy training does is refused: numbers
    /// that are not finite, and a loss - averaged over some twenty steps - of three times the best plus chance.
    bool accepts(double loss) {
        const auto seen = static_cast<float>(loss);
        if (!std::isfinite(seen)) return false;
        float& running = numbers_[kRunning];
        running = running < 0 ? seen : running + kShare * (seen - running);
        float& best = numbers_[kBest];
        if (best >= 0 && running > 3 * best + chance_) return false;
        best = best < 0 ? running : std::fmin(best, running);
        return true;
    }
    /// Whether the state is one to go back to.
    bool is_calm() const { return numbers_[kRunning] <= 1.5f * numbers_[kBest] + 0.25f * chance_; }

    /// What the rate is multiplied by.
    double rate_factor() const { return static_cast<double>(numbers_[kFactor]); }
    void halve_rate() { numbers_[kFactor] /= 2; }
    void set_rate_factor(double factor) { numbers_[kFactor] = static_cast<float>(factor); }
    /// Below this there is no rate at which the network trains.
    bool is_hopeless() const { return numbers_[kFactor] < 0x1p-12f; }

    /// All that changes: goes into checkpoints.
    std::span<float> numbers() { return numbers_; }

private:
    enum { kFactor, kRunning, kBest };
    static constexpr float kShare = 0.05f;  // of a step in the average

    float chance_;
    std::array<float, 3> numbers_{1, -1, -1};  // below 0: none yet
};

}  // namespace dyce
