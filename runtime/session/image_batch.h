// The samples of one batch on their way through the exit loop, and their answers. Lives for one run.
#pragma once

#include "runtime/session/answer.h"
#include "runtime/session/engine.h"

#include <dyce/session.h>

#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace dyce {

/// `milliseconds` after `now`; 0 = never.
ExitBatch::Clock::time_point deadline_after(double milliseconds, ExitBatch::Clock::time_point now);

class ImageBatch final : public ExitBatch {
public:
    /// `samples` are checked (check_sample()); `predictions` has one place for each. References outlive the
    /// batch.
    ImageBatch(const Engine& engine, std::span<const Sample> samples, const AnswerOptions& options,
               Clock::time_point deadline, std::span<Prediction> predictions,
               std::optional<CancelToken> cancel = {}, const Budget& budget = {})
        : engine_(engine),
          samples_(samples),
          options_(options),
          deadline_(deadline),
          predictions_(predictions),
          cancel_(std::move(cancel)),
          budget_(budget) {}

    void fill(int member, int row, std::span<float> image) override;
    void exit(int row, const ExitAnswer& answer) override { exit_with(row, answer, options_); }
    /// The same for a row that wants another kind of answer.
    void exit_with(int row, const ExitAnswer& answer, const AnswerOptions& options);
    Clock::time_point deadline(int) const override { return deadline_; }
    Budget budget(int) const override { return budget_; }
    bool is_cancelled(int) const override { return cancel_ && cancel_->is_cancelled(); }
    void drop(int) override { has_dropped_ = true; }
    Supply* supply() override { return engine_.energy(); }
    void refuse(int row) override;
    bool wants_features(int site) const override { return engine_.feature_sites().contains(site); }
    void features(int row, int site, std::span<const ValueRows> values) override;

    /// Whether images have no answer because of `cancel`.
    bool has_dropped() const { return has_dropped_; }

private:
    void prepare(std::size_t member, std::size_t row, std::span<float> image);
    const Image& decoded(std::size_t row, const EncodedImage& encoded);

    const Engine& engine_;
    std::span<const Sample> samples_;
    AnswerOptions options_;
    Clock::time_point deadline_;
    std::span<Prediction> predictions_;
    std::optional<CancelToken> cancel_;
    Budget budget_;
    bool has_dropped_ = false;
    std::vector<std::optional<Image>> decoded_;  ///< once for all members; empty until one is needed
    Clock::time_point start_ = Clock::now();
};

}  // namespace dyce
