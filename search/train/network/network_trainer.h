// A whole network in training: its parameters in the primitives' own layouts, optimiser, moving average. One
// thread; it shares its work between the compute threads and, once built, allocates nothing in step().
#pragma once

#include "search/train/adamw.h"
#include "search/train/backward/network_run.h"
#include "search/train/checkpoint.h"
#include "search/train/network/batch_maker.h"
#include "search/train/network/gate_loss.h"
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
        double run = 0;  ///< share of the gated stages' multiply-adds
    };

    /// The graph's first output is the classifier, all others are exits but those of `gates`; with gates the graph is
    /// a noisy gated_graph().
    NetworkTrainer(const Graph& graph, std::int64_t batch, const OptimiserOptions& options,
                   std::vector<TrainedGate> gates = {});

    /// Where the caller puts the next batch.
    std::span<float> images() { return run_.input(0); }
    std::span<Target> targets() { return targets_; }
    /// One update at this learning rate; with distillation, learning from what `teacher` answered. Gates are trained
    /// as `gates` says.
    Seen step(double rate, const Teacher* teacher = nullptr, const GateStep& gates = {});

    /// From now on each number learns at the rate times what `factors`, a graph of the same constants, has there.
    void set_rate_factors(const Graph& factors);

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
    // Numbers that learn alike.
    struct LearningRange {
        std::size_t begin, end;
        double decay, rate_factor;
    };
    Seen fill_gradients(const Teacher* teacher);
    double fill_gate_gradients(const GateStep& step);
    bool is_gate(int output) const;
    void clip_gradients();
    void update(double rate);
    void clear_held();
    std::vector<std::span<float>> laid_out();

    NetworkRun run_;
    OptimiserOptions options_;
    std::vector<Target> targets_;
    std::variant<Sgd, AdamW> optimiser_;
    std::vector<float> average_;
    std::vector<LearningRange> ranges_;
    std::vector<TrainedGate> gates_;
    std::vector<GateRows> gate_rows_;
    std::vector<float> mask_;  // 0 or 1 for each weight; empty: nothing is held at zero
    std::int64_t steps_ = 0;
};

}  // namespace dyce
