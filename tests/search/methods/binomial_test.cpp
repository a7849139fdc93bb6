#include "search/methods/binomial.h"

#include <doctest/doctest.h>

#include <cmath>
#include <initializer_list>

using namespace dyce;

namespace {

// P(X >= right), each term by itself.
double summed_tail(int right, int count, double probability) {
    double sum = 0;
    for (int k = right; k <= count; ++k)
        sum += std::exp(std::lgamma(count + 1.0) - std::lgamma(k + 1.0) - std::lgamma(count - k + 1.0) +
                        k * std::log(probability) + (count - k) * std::log1p(-probability));
    return sum;
}

}  // namespace

TEST_CASE("the tail of a binomial distribution is the sum of its terms") {
    for (const int count : {1, 2, 7, 100, 5000})
        for (const double share : {0.01, 0.3, 0.5, 0.933, 0.999})
            for (const double at : {0.0, 0.2, 0.5, 0.9, 0.95, 1.0}) {
                const int right = static_cast<int>(std::lround(at * count));
                CAPTURE(count);
                CAPTURE(right);
                CAPTURE(share);
                CHECK(binomial_tail(right, count, share) ==
                      doctest::Approx(summed_tail(right, count, share)).epsilon(1e-9));
            }
}

TEST_CASE("the beta distribution of one answer is a power") {
    // Beta(1, 1) is the uniform distribution; Beta(2, 1) has the distribution function x^2.
    for (const double x : {0.0, 0.1, 0.25, 0.5, 0.9, 1.0}) {
        CHECK(incomplete_beta(1, 1, x) == doctest::Approx(x));
        CHECK(incomplete_beta(2, 1, x) == doctest::Approx(x * x));
        CHECK(incomplete_beta(1, 3, x) == doctest::Approx(1 - std::pow(1 - x, 3)));
    }
    CHECK(beta_quantile(1, 1, 0.1) == doctest::Approx(0.1));
    CHECK(beta_quantile(2, 1, 0.1) == doctest::Approx(std::sqrt(0.1)));
    for (const double p : {0.001, 0.1, 0.5, 0.99})
        CHECK(incomplete_beta(950, 51, beta_quantile(950, 51, p)) == doctest::Approx(p).epsilon(1e-9));
}

TEST_CASE("few exiting prove little") {
    CHECK(conservative_share(0, 0) == doctest::Approx(0.1));
    CHECK(conservative_share(1, 1) == doctest::Approx(std::sqrt(0.1)));
    CHECK(conservative_share(10, 10) == doctest::Approx(std::pow(0.1, 1.0 / 11)));
    CHECK(conservative_share(100, 100) < conservative_share(1000, 1000));
    CHECK(conservative_share(900, 1000) < 0.9);
}
