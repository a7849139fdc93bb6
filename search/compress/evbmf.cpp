#include "search/compress/evbmf.h"

#include <algorithm>
#include <cmath>

namespace dyce {
namespace {

// The objective by the variance of the noise, with the matrix L x M.
class FreeEnergy {
public:
    FreeEnergy(const std::vector<double>& values, double columns)
        : values_(values),
          columns_(columns),
          alpha_(static_cast<double>(values.size()) / columns),
          tau_(2.5129 * std::sqrt(alpha_)),
          bound_((1 + tau_) * (1 + alpha_ / tau_)) {}

    double bound() const { return bound_; }
    double alpha() const { return alpha_; }

    double operator()(double variance) const {
        double sum = 0;
        for (const double value : values_) {
            const double x = value * value / (columns_ * variance);
            if (x <= bound_) {
                sum += x - std::log(x);
                continue;
            }
            const double middle = x - (1 + alpha_);
            const double tau = 0.5 * (middle + std::sqrt(middle * middle - 4 * alpha_));
            sum += x - tau + std::log((tau + 1) / x) + alpha_ * std::log(tau / alpha_ + 1);
        }
        return sum;
    }

private:
    const std::vector<double>& values_;
    double columns_, alpha_, tau_, bound_;
};

// Brent's method between two bounds (Forsythe, Malcolm and Moler's fmin), step by step as scipy has it.
template <class Function>
double minimise(const Function& function, double a, double b) {
    constexpr double kTolerance = 1e-5, kGolden = 0.3819660112501051;
    constexpr int kMostCalls = 500;
    const double root_epsilon = std::sqrt(2.2e-16);
    double best = a + kGolden * (b - a), second = best, third = best;
    double step = 0, before = 0;
    double at_best = function(best), at_second = at_best, at_third = at_best;
    double middle = 0.5 * (a + b), tolerance = root_epsilon * std::abs(best) + kTolerance / 3;
    for (int calls = 1; calls < kMostCalls && std::abs(best - middle) > 2 * tolerance - 0.5 * (b - a);
         ++calls) {
        bool is_golden = true;
        if (std::abs(before) > tolerance) {  // a parabola through the three
            double r = (best - second) * (at_best - at_third), q = (best - third) * (at_best - at_second);
            double p = (best - third) * q - (best - second) * r;
            q = 2 * (q - r);
            if (q > 0) p = -p;
            q = std::abs(q);
            r = before;
            before = step;
            if (std::abs(p) < std::abs(0.5 * q * r) && p > q * (a - best) && p < q * (b - best)) {
                is_golden = false;
                step = p / q;
                const double x = best + step;
                if (x - a < 2 * tolerance || b - x < 2 * tolerance)
                    step = middle >= best ? tolerance : -tolerance;
            }
        }
        if (is_golden) {
            before = best >= middle ? a - best : b - best;
            step = kGolden * before;
        }
        const double x = best + (step >= 0 ? 1 : -1) * std::max(std::abs(step), tolerance);
        const double at_x = function(x);
        if (at_x <= at_best) {
            (x >= best ? a : b) = best;
            third = second;
            at_third = at_second;
            second = best;
            at_second = at_best;
            best = x;
            at_best = at_x;
        } else {
            (x < best ? a : b) = x;
            if (at_x <= at_second || second == best) {
                third = second;
                at_third = at_second;
                second = x;
                at_second = at_x;
            } else if (at_x <= at_third || third == best || third == second) {
                third = x;
                at_third = at_x;
            }
        }
        middle = 0.5 * (a + b);
        tolerance = root_epsilon * std::abs(best) + kTolerance / 3;
    }
    return best;
}

}  // namespace

std::size_t variational_rank(const std::vector<double>& values, std::size_t columns) {
    const auto rows = static_cast<double>(values.size()), wide = static_cast<double>(columns);
    const FreeEnergy energy(values, wide);
    const double most = std::min(std::ceil(rows / (1 + energy.alpha())) - 1, rows);
    const auto first =
        static_cast<std::size_t>(std::max(most, 0.0));  // of the values that are noise in any case
    if (values.empty() || first >= values.size()) return 0;
    double all = 0, rest = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
        all += values[i] * values[i];
        if (i >= first) rest += values[i] * values[i];
    }
    if (all == 0) return 0;
    const double upper = all / (rows * wide);
    const double lower = std::max(values[first] * values[first] / (wide * energy.bound()),
                                  rest / static_cast<double>(values.size() - first) / wide);
    const double variance = minimise(energy, lower, upper);
    const double threshold = std::sqrt(wide * variance * energy.bound());
    return static_cast<std::size_t>(
        std::count_if(values.begin(), values.end(), [&](double value) { return value > threshold; }));
}

}  // namespace dyce
