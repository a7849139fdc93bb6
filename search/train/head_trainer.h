// One exit head in training: what it reads of the cache, its parameters, its optimiser. Heads know nothing of
// each other; one thread at a time works on one.
#pragma once

#include "search/train/adamw.h"
#include "search/train/feature_cache.h"
#include "search/train/loss.h"
#include "search/train/mlp.h"

#include <cstdint>
#include <span>
#include <vector>

namespace dyce {

/// What all heads train on. Outlives the trainers.
struct TrainingData {
    FeatureRows rows;
    std::vector<int> labels;  ///< by image; row r shows image r % labels.size()

    int label(std::int64_t row) const { return labels[static_cast<std::size_t>(row) % labels.size()]; }
};

struct TrainingOptions {
    LossOptions loss;
    int epochs = 8;  ///< over all passes' rows
    std::int64_t batch = 256;
    double rate = 2e-3;  ///< at the peak
    double decay = 0.3;
    std::uint64_t seed = 0;
};

class HeadTrainer {
public:
    struct Score {
        double loss = 0, accuracy = 0;
    };

    HeadTrainer(const TrainingData& data, const FeatureSource& source, const HeadPlan& plan,
                const TrainingOptions& options);

    const HeadPlan& plan() const { return plan_; }
    /// Multiply-adds of one image: what a step costs, up to a factor.
    std::int64_t macs() const;

    /// Features are shifted and scaled to mean 0 and deviation 1 over these rows.
    void standardise(std::span<const std::int64_t> rows);
    /// One update from the rows of a minibatch, at this learning rate.
    void step(std::span<const std::int64_t> rows, double rate);
    /// Averages over rows, which are not empty.
    Score evaluate(std::span<const std::int64_t> rows);
    /// The layers to attach: they take features as the network makes them.
    std::vector<HeadLayer> layers() const;

    /// Everything that changes from step to step.
    std::vector<std::span<float>> state();
    void set_steps(std::int64_t steps) { optimiser_.steps = steps; }
    /// Frees what step() keeps from one call to the next.
    void rest() { scratch_ = {}; }

private:
    struct Scratch {
        std::vector<float> inputs, gradient;
        Mlp<float>::Scratch mlp;
    };

    void read(std::int64_t row, float* to) const;
    void read_pooled(std::int64_t row, float* to) const;
    std::span<const float> forward(std::span<const std::int64_t> rows);

    const TrainingData& data_;
    FeatureSource source_;
    HeadPlan plan_;
    TrainingOptions options_;
    Mlp<float> mlp_;
    AdamW optimiser_;
    std::vector<float> mean_, scale_;
    Scratch scratch_;
};

}  // namespace dyce
