// The images of one batch on their way through the exit loop, and their answers. Lives for one run.
#pragma once

#include "loaders/format/model_file.h"
#include "runtime/flow/exit_loop.h"

#include <dyce/session.h>

#include <span>

namespace dyce {

/// `milliseconds` after `now`; 0 = never.
ExitBatch::Clock::time_point deadline_after(double milliseconds, ExitBatch::Clock::time_point now);

class ImageBatch final : public ExitBatch {
public:
    /// `topk` and `predictions` have one place for each image; all arguments outlive the batch.
    ImageBatch(const ModelData& model, std::span<const Image> images, std::span<const int> topk,
               Clock::time_point deadline, std::span<Prediction> predictions)
        : model_(model), images_(images), topk_(topk), deadline_(deadline), predictions_(predictions) {}

    void fill(int member, int row, std::span<float> image) override;
    void exit(int row, const ExitAnswer& answer) override;
    Clock::time_point deadline(int) const override { return deadline_; }

private:
    const ModelData& model_;
    std::span<const Image> images_;
    std::span<const int> topk_;  ///< classes in each answer
    Clock::time_point deadline_;
    std::span<Prediction> predictions_;
    Clock::time_point start_ = Clock::now();
};

}  // namespace dyce
