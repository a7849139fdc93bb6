// A whole network in training: its parameters in the primitives' own layouts, optimiser, moving average. One
// thread; it shares its work between the compute threads and, once built, allocates nothing in step().
#pragma once

#include "search/train/adamw.h"
#include "search/train/backward/network_run.h"
#include "search/train/checkpoint.h"
#include "search/train/network/batch_maker.h"
#include "search/train/network/teacher.h"
#include "search/train/network/teacher_loss.h"
#include "search/train/sgd.h"

#include <cstdint>
#include <span>
#include <variant>
#include <vector>

namespace dyce {

struct OptimiserOptions {
    enum class Kind { kSgd, kAdamW };
    Kind kind = Kind::kSgd;
    Precision precision = Precision::kFloat32;  ///< of the passes; parameters are float32
    double rate = 0.1;                          ///< at its peak
    double decay = 5e-4;   ///< of weights; L2 with SGD, decoupled with AdamW. Norms and biases never decay
    double average = 0;    ///< decay of the moving average of all numbers; 0 = none
    double smoothing = 0;  ///< of the labels
    double clip = 0;       ///< the gradient's length is brought down to this; 0 = as it is
    double exits = 1;      ///< weight of all exits' losses together; the classifier's own is 1
    DistillOptions distill;
};

class NetworkTrainer {
public:
    /// What a step has seen: sums over the batch, of the classifier.
    struct Seen {
        double loss = 0;
        std::int64_t correct = 0;
    };

    /// The graph's first output is the classifier, all others are exits.
    NetworkTrainer(const Graph& graph, std::int64_t batch, const OptimiserOptions& options);

    /// Where the caller puts the next batch.
    std::span<float> images() { return run_.input(0); }
    std::span<Target> targets() { return targets_; }
    /// One update at this learning rate; with distillation, learning from what `teacher` answered.
    Seen step(double rate, const Teacher* teacher = nullptr);

    /// From now on weights stay zero where `masks`, a graph of the same constants, has a zero.
    void hold_zeros(const Graph& masks);

    /// The graph's constants as training ends with them: the moving average where one is kept.
    void write_constants(Graph& graph) const;

    /// Takes the constants of `graph`, which are as write_constants() fills in.
    void read_constants(const Graph& graph);

    /// Everything that changes from step to step, in row-major order: the same on every machine.
    std::vector<std::vector<float>> state();
    void set_state(const std::vector<std::vector<float>>& state, std::int64_t steps);

private:
    Seen fill_gradients(const Teacher* teacher);
    void clip_gradients();
    void update(double rate);
    void clear_held();
    std::vector<std::span<float>> laid_out();

    NetworkRun run_;
    OptimiserOptions options_;
    std::vector<Target> targets_;
    std::variant<Sgd, AdamW> optimiser_;
    std::vector<float> average_;
    std::vector<float> mask_;  // 0 or 1 for each weight; empty: nothing is held at zero
    std::int64_t steps_ = 0;
};

}  // namespace dyce
