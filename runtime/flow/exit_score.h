// Exit scores: how sure a head is. One table, used by the executor, the recorder and the evaluator; adding a
// score is a row here and its test. Pure functions, float32 throughout.
#pragma once

#include <span>
#include <string>

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
    bool from_logits;                           ///< false: follows from predictions alone
};

/// max_softmax: the largest softmax probability (arXiv 2403.01695). margin: it minus the second largest.
/// entropy: 1 - H / ln K of the softmax. patience: number of agreeing exits in a row (arXiv 2006.04152).
std::span<const ExitScore> exit_scores();

/// Throws Error{kUsage} naming the nearest when there is no such score.
const ExitScore& find_exit_score(const std::string& name);

/// The class of the largest logit, the lowest of several.
int best_class(std::span<const float> logits);

}  // namespace dyce
