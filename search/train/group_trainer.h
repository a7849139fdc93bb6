// Heads in training: what they read of the cache, their parameters, their optimiser. Groups know nothing of each
// other; one thread at a time works on one.
#pragma once

#include "search/train/checkpoint.h"
#include "search/train/feature_reader.h"

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace dyce {

/// The heads of one type that are trained together, by rising site; most types' heads are alone.
struct GroupPlan {
    HeadType type;
    std::vector<int> sites;
    std::vector<FeatureSource> sources;  ///< by head
};

/// Averages over rows.
struct HeadScore {
    double loss = 0, accuracy = 0;
};

class GroupTrainer {
public:
    GroupTrainer() = default;
    virtual ~GroupTrainer() = default;
    GroupTrainer(const GroupTrainer&) = delete;
    GroupTrainer& operator=(const GroupTrainer&) = delete;

    /// Multiply-adds of one image: what a step costs, up to a factor.
    virtual std::int64_t macs() const = 0;

    /// Features are shifted and scaled to mean 0 and deviation 1 over these rows.
    virtual void standardise(std::span<const std::int64_t> rows) = 0;
    /// One update from the rows of a minibatch, at this learning rate.
    virtual void step(std::span<const std::int64_t> rows, double rate) = 0;
    /// By head, over rows, which are not empty.
    virtual std::vector<HeadScore> evaluate(std::span<const std::int64_t> rows) = 0;
    /// What is to be attached: it takes features as the network makes them.
    virtual std::vector<HeadWeights> weights() const = 0;

    /// Everything that changes from step to step.
    virtual TrainingState state() = 0;
    virtual void set_steps(std::int64_t steps) = 0;
    /// Frees what step() keeps from one call to the next.
    virtual void rest() = 0;
};

/// The rate at its peak: that of the options, or what trains such heads well (docs/method.md, "Training heads").
double peak_rate(const HeadFamily& family, const TrainingOptions& options);

/// `data` must outlive the trainer.
std::unique_ptr<GroupTrainer> make_trainer(const TrainingData& data, const GroupPlan& plan,
                                           const TrainingOptions& options);

}  // namespace dyce
