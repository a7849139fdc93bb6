#include "runtime/flow/exit_score.h"

#include "runtime/core/nearest_name.h"

#include <dyce/error.h>

#include <algorithm>
#include <cmath>

namespace dyce {
namespace {

float sum_of_exponentials(const ScoreInput& e) {
    const float top = e.logits[static_cast<std::size_t>(e.best)];
    float sum = 0;
    for (const float logit : e.logits) sum += std::exp(logit - top);
    return sum;
}

float max_softmax(const ScoreInput& e) { return 1.f / sum_of_exponentials(e); }

float margin(const ScoreInput& e) {
    const float top = e.logits[static_cast<std::size_t>(e.best)];
    float second = -INFINITY;
    for (std::size_t i = 0; i < e.logits.size(); ++i)
        if (static_cast<int>(i) != e.best) second = std::max(second, e.logits[i]);
    return (1.f - std::exp(second - top)) / sum_of_exponentials(e);
}

// H = ln S - sum(x exp x) / S, with x = logit - top and S the sum of exp x.
float entropy(const ScoreInput& e) {
    if (e.logits.size() < 2) return 1;
    const float top = e.logits[static_cast<std::size_t>(e.best)];
    float sum = 0, weighted = 0;
    for (const float logit : e.logits) {
        const float x = logit - top, p = std::exp(x);
        sum += p;
        if (p > 0) weighted += x * p;
    }
    return 1.f - (std::log(sum) - weighted / sum) / std::log(static_cast<float>(e.logits.size()));
}

float patience(const ScoreInput& e) { return static_cast<float>(e.agreement); }

constexpr ExitScore kScores[] = {{"max_softmax", max_softmax, true},
                                 {"margin", margin, true},
                                 {"entropy", entropy, true},
                                 {"patience", patience, false}};

}  // namespace

std::span<const ExitScore> exit_scores() { return kScores; }

std::vector<std::string_view> recorded_scores() {
    std::vector<std::string_view> names;
    for (const ExitScore& score : kScores)
        if (score.from_logits) names.emplace_back(score.name);
    return names;
}

const ExitScore& find_exit_score(const std::string& name) {
    std::vector<std::string_view> names;
    for (const ExitScore& score : kScores) {
        if (name == score.name) return score;
        names.push_back(score.name);
    }
    std::string known;
    for (const std::string_view one : names) known += (known.empty() ? "" : ", ") + std::string(one);
    throw Error(ErrorCode::kUsage, "exit score",
                "there is no \"" + name + "\", expected one of " + known + nearest_hint(name, names, "\""));
}

int best_class(std::span<const float> logits) {
    return static_cast<int>(std::max_element(logits.begin(), logits.end()) - logits.begin());
}

}  // namespace dyce
