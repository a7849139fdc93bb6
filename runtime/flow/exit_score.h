// Exit scores: how sure a head is. The one table of them: the executor, recorder, record reader, evaluator and
// help texts go by it. Pure functions, float32 throughout.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace dyce {

/// What a score may look at.
struct ScoreInput {
    std::span<const float> logits;
    int best = 0;       ///< the class of the largest logit
    int agreement = 1;  ///< consecutive enabled exits that name this class, the present one included
};

struct ExitScore {
    const char* name;
    float (*compute)(const ScoreInput& input);  ///< larger = surer
    /// Whether it is of one exit's logits, and then in 0..1 (but for rounding), so that records can hold it; else
    /// it follows from predictions alone.
    bool from_logits;
};

/// max_softmax: the largest softmax probability (arXiv 2403.01695). margin: it minus the second largest.
/// entropy: 1 - H / ln K of the softmax. patience: number of agreeing exits in a row (arXiv 2006.04152).
std::span<const ExitScore> exit_scores();

/// Those that records can hold, in the table's order: max_softmax first.
std::vector<std::string_view> recorded_scores();

/// Throws Error{kUsage} naming the nearest when there is no such score.
const ExitScore& find_exit_score(const std::string& name);

/// The class of the largest logit, the lowest of several.
int best_class(std::span<const float> logits);

}  // namespace dyce
