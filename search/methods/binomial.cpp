#include "search/methods/binomial.h"

#include <cmath>

namespace dyce {
namespace {

constexpr double kTiny = 1e-300;
constexpr double kEnough = 1e-15;
constexpr int kMaxTerms = 10'000;

// DLMF 8.17.22; converges quickly for x < (a + 1) / (a + b + 2).
double continued_fraction(double a, double b, double x) {
    double c = 1;
    double d = 1 - (a + b) * x / (a + 1);
    d = 1 / (std::abs(d) < kTiny ? kTiny : d);
    double value = d;
    const auto step = [&](double numerator) {
        d = 1 + numerator * d;
        d = 1 / (std::abs(d) < kTiny ? kTiny : d);
        c = 1 + numerator / c;
        if (std::abs(c) < kTiny) c = kTiny;
        value *= c * d;
        return c * d;
    };
    for (int m = 1; m < kMaxTerms; ++m) {
        step(m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)));
        const double last = step(-(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)));
        if (std::abs(last - 1) < kEnough) break;
    }
    return value;
}

// The thread-safe half of lgamma().
double log_gamma(double x) {
    int sign = 0;
    return lgamma_r(x, &sign);
}

}  // namespace

double incomplete_beta(double a, double b, double x) {
    if (x <= 0) return 0;
    if (x >= 1) return 1;
    const double front =
        std::exp(log_gamma(a + b) - log_gamma(a) - log_gamma(b) + a * std::log(x) + b * std::log1p(-x));
    if (x < (a + 1) / (a + b + 2)) return front * continued_fraction(a, b, x) / a;
    return 1 - front * continued_fraction(b, a, 1 - x) / b;
}

double beta_quantile(double a, double b, double p) {
    double low = 0, high = 1;
    for (int halving = 0; halving < 60; ++halving) {
        const double middle = (low + high) / 2;
        (incomplete_beta(a, b, middle) < p ? low : high) = middle;
    }
    return (low + high) / 2;
}

double binomial_tail(double right, double count, double probability) {
    if (right <= 0) return 1;
    return incomplete_beta(right, count - right + 1, probability);
}

double conservative_share(double right, double count) {
    constexpr double kQuantile = 0.1;
    return beta_quantile(1 + right, 1 + count - right, kQuantile);
}

}  // namespace dyce
