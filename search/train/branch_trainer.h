// Exit heads in training that have a matrix or their hidden numbers in common: one net over the rows of all their
// sites, whose loss is the mean over the sites.
#pragma once

#include "search/train/adamw.h"
#include "search/train/branch_net.h"
#include "search/train/group_trainer.h"

namespace dyce {

class BranchTrainer final : public GroupTrainer {
public:
    BranchTrainer(const TrainingData& data, const GroupPlan& plan, const TrainingOptions& options);

    std::int64_t macs() const override;
    void standardise(std::span<const std::int64_t> rows) override;
    void step(std::span<const std::int64_t> rows, double rate) override;
    std::vector<HeadScore> evaluate(std::span<const std::int64_t> rows) override;
    std::vector<HeadWeights> weights() const override;
    TrainingState state() override { return {net_.parameters(), optimiser_.first, optimiser_.second}; }
    void set_steps(std::int64_t steps) override { optimiser_.steps = steps; }
    void rest() override { scratch_ = {}; }

private:
    struct Scratch {
        std::vector<std::vector<float>> inputs;  // by site
        std::vector<float> gradient;
        BranchNet<float>::Scratch net;
    };

    const std::vector<std::vector<float>>& forward(std::span<const std::int64_t> rows);
    Tensor matrix_of(std::size_t site) const;
    Tensor factors_of(std::size_t site) const;
    HeadWeights weights_of(std::size_t site, const Tensor& matrix) const;

    const TrainingData& data_;
    std::vector<int> sites_;
    TrainingOptions options_;
    std::vector<FeatureReader> readers_;  // by site
    BranchNet<float> net_;
    AdamW optimiser_;
    Scratch scratch_;
};

}  // namespace dyce
