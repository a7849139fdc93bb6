#include "runtime/session/answer.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

using namespace dyce;

TEST_CASE("an answer is the softmax of the logits, surest class first") {
    const std::vector<float> logits = {1, 3, 2, 3};
    const Prediction p = answer(logits, {"a", "b", "c", "d"}, {3});
    CHECK(p.index == std::vector<int>{1, 3, 2});  // equal logits keep class order
    CHECK(p.label == std::vector<std::string>{"b", "d", "c"});
    const double sum = std::exp(1.0) + 2 * std::exp(3.0) + std::exp(2.0);
    CHECK(p.prob[0] == doctest::Approx(std::exp(3.0) / sum));
    CHECK(p.prob[2] == doctest::Approx(std::exp(2.0) / sum));
    CHECK(p.error.empty());
}

TEST_CASE("large logits do not overflow; more classes than there are is all of them") {
    const Prediction p = answer(std::vector<float>{1000, 999}, {}, {10});
    CHECK(p.prob[0] == doctest::Approx(1 / (1 + std::exp(-1.0))));
    CHECK(p.label == std::vector<std::string>{"0", "1"});
}

TEST_CASE("logits that are not finite are that image's error") {
    for (const float bad : {std::nanf(""), std::numeric_limits<float>::infinity()}) {
        const Prediction p = answer(std::vector<float>{1, bad, 2}, {}, {1});
        CHECK_FALSE(p.error.empty());
        CHECK(p.index.empty());
    }
}

TEST_CASE("independent labels and plain values keep the order of the logits") {
    const std::vector<float> logits = {-1, 2, 0};
    const Prediction labels = answer(logits, {}, {3, false, OutputActivation::kSigmoid});
    CHECK(labels.index == std::vector<int>{1, 2, 0});
    CHECK(labels.prob[0] == doctest::Approx(1 / (1 + std::exp(-2.0))));
    CHECK(labels.prob[1] == doctest::Approx(0.5));
    const Prediction values = answer(logits, {}, {2, false, OutputActivation::kNone});
    CHECK(values.index == std::vector<int>{1, 2});
    CHECK(values.prob == std::vector<float>{2, 0});
}
