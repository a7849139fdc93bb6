// A batch whose rows can be saved on their way and brought back there. Lives for one run of an engine.
#pragma once

#include "runtime/session/image_batch.h"
#include "tools/progress/saved_run.h"

#include <functional>
#include <span>
#include <vector>

namespace dyce {

class KeptBatch final : public ExitBatch {
public:
    /// Called where the rows stand, with those that have left; `runner` exports the others' values.
    using Keep = std::function<void(const RunState& state, StageRunner& runner)>;

    /// An empty `keep` is not called. Arguments outlive the batch.
    KeptBatch(const Engine& engine, const std::vector<ExitSite>& positions, std::span<const Sample> samples,
              int topk, std::span<Prediction> predictions, Keep keep);

    void fill(int member, int row, std::span<float> image) override { batch_.fill(member, row, image); }
    void exit(int row, const ExitAnswer& answer) override;
    bool watches() const override { return keep_ != nullptr; }
    void reached(const RunState& state, StageRunner& runner) override { keep_(state, runner); }

    const std::vector<SavedAnswer>& answers() const { return answers_; }
    /// Brings back what the rows have been told so far: those that have left are answered, and images that
    /// cannot be prepared are found again.
    void restore(const SavedRun& run);

private:
    const Engine& engine_;
    const std::vector<ExitSite>& positions_;
    Keep keep_;
    ImageBatch batch_;
    std::vector<SavedAnswer> answers_;
};

}  // namespace dyce
