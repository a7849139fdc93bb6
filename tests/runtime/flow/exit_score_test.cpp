#include "runtime/flow/exit_score.h"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

using namespace dyce;

TEST_CASE("exit scores of logits worked out by hand") {
    // softmax of ln(6), ln(3), ln(1) is 0.6, 0.3, 0.1.
    const std::vector<float> logits = {std::log(3.f), std::log(6.f), 0.f};
    const ScoreInput input{logits, best_class(logits), 2};
    CHECK(input.best == 1);
    const double entropy = -(0.6 * std::log(0.6) + 0.3 * std::log(0.3) + 0.1 * std::log(0.1));
    const struct {
        const char* score;
        double expected;
    } rows[] = {
        {"max_softmax", 0.6}, {"margin", 0.3}, {"entropy", 1 - entropy / std::log(3.0)}, {"patience", 2}};
    for (const auto& row : rows) {
        CAPTURE(std::string(row.score));
        CHECK(static_cast<double>(find_exit_score(row.score).compute(input)) ==
              doctest::Approx(row.expected).epsilon(1e-6));
    }
}

TEST_CASE("exit scores: large logits do not overflow, equal ones are as unsure as can be") {
    const std::vector<float> large = {3e4f, -3e4f};
    for (const char* name : {"max_softmax", "margin", "entropy"})
        CHECK(find_exit_score(name).compute({large, 0, 1}) == doctest::Approx(1));
    const std::vector<float> equal = {1, 1, 1, 1};
    CHECK(best_class(equal) == 0);
    CHECK(find_exit_score("max_softmax").compute({equal, 0, 1}) == doctest::Approx(0.25));
    CHECK(find_exit_score("margin").compute({equal, 0, 1}) == doctest::Approx(0));
    CHECK(find_exit_score("entropy").compute({equal, 0, 1}) == doctest::Approx(0));
}
