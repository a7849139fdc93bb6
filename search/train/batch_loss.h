// The loss of a minibatch of one head (docs/method.md, "Training heads"). Functions.
#pragma once

#include "search/train/group_trainer.h"

#include <algorithm>
#include <span>
#include <vector>

namespace dyce {

/// Fills the gradient of the mean loss by `logits`, times `share`.
inline void loss_gradient(const TrainingData& data, const LossOptions& options,
                          std::span<const std::int64_t> rows, std::span<const float> logits, float share,
                          std::vector<float>& gradient) {
    const auto classes = static_cast<std::size_t>(data.rows.classes);
    gradient.resize(logits.size());
    for (std::size_t r = 0; r < rows.size(); ++r)
        head_loss<float>(options, logits.subspan(r * classes, classes), data.label(rows[r]),
                         data.rows.logits(rows[r]), gradient.data() + r * classes);
    for (float& number : gradient) number = number / static_cast<float>(rows.size()) * share;
}

/// Adds the rows' losses, and how many are right.
inline void add_score(const TrainingData& data, const LossOptions& options,
                      std::span<const std::int64_t> rows, std::span<const float> logits, HeadScore& score) {
    const auto classes = static_cast<std::size_t>(data.rows.classes);
    std::vector<float> ignored(classes);
    for (std::size_t r = 0; r < rows.size(); ++r) {
        const auto row = logits.subspan(r * classes, classes);
        const int label = data.label(rows[r]);
        score.loss += static_cast<double>(
            head_loss<float>(options, row, label, data.rows.logits(rows[r]), ignored.data()));
        score.accuracy += std::max_element(row.begin(), row.end()) - row.begin() == label ? 1 : 0;
    }
}

}  // namespace dyce
