#include "tools/progress/kept_batch.h"

#include "runtime/core/index.h"

#include <algorithm>
#include <utility>

namespace dyce {

KeptBatch::KeptBatch(const Engine& engine, const std::vector<ExitSite>& positions,
                     std::span<const Sample> samples, int topk, std::span<Prediction> predictions, Keep keep)
    : engine_(engine),
      positions_(positions),
      keep_(std::move(keep)),
      batch_(engine, samples, {.topk = topk}, Clock::time_point::max(), predictions) {}

void KeptBatch::exit(int row, const ExitAnswer& answer) {
    if (keep_ != nullptr) {
        const auto& heads = positions_[index(answer.position)].heads;
        const auto head = std::ranges::find(heads, *answer.type, &ExitSite::Head::type);
        answers_.push_back({row,
                            answer.position,
                            static_cast<int>(head - heads.begin()),
                            answer.score,
                            answer.macs,
                            {answer.logits.begin(), answer.logits.end()},
                            {answer.skipped.bits().begin(), answer.skipped.bits().end()}});
    }
    batch_.exit(row, answer);
}

void KeptBatch::restore(const SavedRun& run) {
    std::vector<float> scratch;
    for (int member = 0; member <= run.member; ++member) {
        const Preprocess& recipe = engine_.model().members[index(member)].preprocess;
        scratch.resize(static_cast<std::size_t>(recipe.shape().elements()));
        for (int row = 0; row < static_cast<int>(run.rows.size()); ++row)
            if (std::ranges::count(run.arrived, row) == 0) fill(member, row, scratch);
    }
    for (const SavedAnswer& answer : run.answers) {
        const ExitSite& position = positions_[index(answer.position)];
        exit(answer.row, {.position = answer.position,
                          .member = position.member,
                          .type = &position.heads[index(answer.head)].type,
                          .score = answer.score,
                          .macs = answer.macs,
                          .logits = answer.logits,
                          .skipped = SkippedSites(answer.skipped)});
    }
}

}  // namespace dyce
