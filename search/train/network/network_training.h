// The steps of a training of a whole network: batches, teacher, rate, going back when the loss explodes, checkpoint.
// One thread; it shares its work between the compute threads.
#pragma once

#include "search/train/checkpoint.h"
#include "search/train/network/loss_guard.h"
#include "search/train/network/network_trainer.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

namespace dyce {

struct NetworkTrainingOptions {
    int epochs = 40;
    std::int64_t batch = 128;
    std::uint64_t seed = 0;
    OptimiserOptions optimiser;
    AugmentOptions augment;
    const Member* teacher = nullptr;  ///< for optimiser.distill; outlives the training
    int threads = 1;
    /// Of a member whose graph is a noisy gated_graph().
    std::vector<TrainedGate> gates = {};
    double gate_target = 1;  ///< share of the gated stages' multiply-adds that runs in the end
};

/// What else happens on the way.
struct TrainingHooks {
    /// Before each step; may change what the trainer holds.
    std::function<void(std::int64_t step)> before_step = [](std::int64_t) {};
    /// After each step that counts.
    std::function<void(const NetworkTrainer::Seen& seen, std::int64_t done)> after_step =
        [](const NetworkTrainer::Seen&, std::int64_t) {};
    /// After the last step of an epoch, counted from 0.
    std::function<void(std::int64_t epoch, double rate)> end_epoch = [](std::int64_t, double) {};
    /// Numbers beside the trainer's that change on the way: they go back, and into checkpoints, with it.
    std::vector<std::span<float>> state = {};
    /// After these and the trainer's were set to what they once were.
    std::function<void()> state_was_set = [] {};
};

class NetworkTraining {
public:
    /// `images`: numbers in the store to train on. What is referred to outlives this object.
    NetworkTraining(const Member& member, const ImageStore& store, std::vector<std::int64_t> images,
                    const NetworkTrainingOptions& options);

    NetworkTrainer& trainer() { return trainer_; }
    std::int64_t steps_per_epoch() const { return batches_.batches(); }
    std::int64_t steps_done() const { return step_; }
    std::int64_t all_steps() const { return batches_.batches() * options_.epochs; }
    /// How often the loss exploded and the training went back.
    int returns() const;

    void set_hooks(TrainingHooks hooks) { hooks_ = std::move(hooks); }
    /// Sets everything to where the checkpoint left it. Throws as Checkpoint::load().
    void go_on_from(const Checkpoint& checkpoint);
    /// All steps that are left; gives how many. `seconds` is increased by what they took. Throws Error{kContent} when
    /// the loss explodes at any rate, Error{kIo} for the checkpoint.
    std::int64_t run(const Checkpoint& checkpoint, double& seconds);

private:
    // Where the training goes back to.
    struct Snapshot {
        std::vector<std::vector<float>> numbers;
        std::int64_t step = 0;
    };
    std::vector<std::vector<float>> numbers();
    void set_numbers(const std::vector<std::vector<float>>& numbers, std::int64_t step);
    bool take_step(double rate);
    void go_back();
    void save(const Checkpoint& checkpoint);

    const NetworkTrainingOptions options_;
    NetworkTrainer trainer_;
    BatchMaker batches_;
    LossGuard guard_;
    std::optional<Teacher> teacher_;
    TrainingHooks hooks_;
    Snapshot snapshot_;
    std::int64_t step_ = 0;
};

}  // namespace dyce
