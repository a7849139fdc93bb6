// One exit head in training, by itself: a perceptron.
#pragma once

#include "search/train/adamw.h"
#include "search/train/group_trainer.h"
#include "search/train/mlp.h"

namespace dyce {

class HeadTrainer final : public GroupTrainer {
public:
    /// The plan has one head.
    HeadTrainer(const TrainingData& data, const GroupPlan& plan, const TrainingOptions& options);

    std::int64_t macs() const override;
    void standardise(std::span<const std::int64_t> rows) override { reader_.standardise(rows); }
    void step(std::span<const std::int64_t> rows, double rate) override;
    std::vector<HeadScore> evaluate(std::span<const std::int64_t> rows) override;
    std::vector<HeadWeights> weights() const override;
    TrainingState state() override { return {mlp_.parameters(), optimiser_.first, optimiser_.second}; }
    void set_steps(std::int64_t steps) override { optimiser_.steps = steps; }
    void rest() override { scratch_ = {}; }

private:
    struct Scratch {
        std::vector<float> inputs, gradient;
        Mlp<float>::Scratch mlp;
    };

    std::span<const float> forward(std::span<const std::int64_t> rows);

    const TrainingData& data_;
    int site_;
    TrainingOptions options_;
    FeatureReader reader_;
    Mlp<float> mlp_;
    AdamW optimiser_;
    Scratch scratch_;
};

}  // namespace dyce
