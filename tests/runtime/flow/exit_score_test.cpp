// Scores of logits worked out by hand: a row for every score there is, and for every one a line of the method.
#include "runtime/flow/exit_score.h"

#include "tests/support/support.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <string>
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
    // (docs/method.md, "Inference rule")
    const std::string method = test::read_file(std::string(DYCE_SOURCE_DIR) + "/docs/" + "method.md");
    for (const ExitScore& score : exit_scores()) {
        CAPTURE(std::string(score.name));
        CHECK(std::any_of(std::begin(rows), std::end(rows),
                          [&](const auto& row) { return std::string(row.score) == score.name; }));
        CHECK_MESSAGE(method.find("\n| `" + std::string(score.name) + "` | ") != std::string::npos,
                      "the method's page has no row of it");
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
