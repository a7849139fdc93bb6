#include "search/train/network/train_network.h"

#include "loaders/format/preprocess_json.h"
#include "runtime/core/digest.h"
#include "runtime/core/onednn/compute_scope.h"
#include "runtime/core/threads.h"
#include "search/train/network/judge.h"
#include "search/train/network/start_network.h"
#include "search/train/network/training_log.h"
#include "search/train/train_heads.h"

#include <dyce/error.h>

#include <chrono>
#include <cmath>
#include <optional>
#include <sstream>

namespace dyce {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint64_t kHoldout = 4;  // purpose of the random numbers
constexpr std::chrono::seconds kBetweenSaves{60};

double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

// Numbers in the store.
struct Split {
    std::vector<std::int64_t> train, held_out;
};

Split split_images(std::int64_t count, const TrainNetworkOptions& options) {
    const auto held_out = std::llround(options.holdout * static_cast<double>(count));
    Split split;
    for (const std::int64_t image : shuffled(count, options.seed, kHoldout, 0))
        (static_cast<std::int64_t>(split.held_out.size()) < held_out ? split.held_out : split.train)
            .push_back(image);
    return split;
}

// Everything the numbers depend on, but how many epochs are still to come.
std::string key_of(const Member& member, const Dataset& images, const TrainNetworkOptions& options) {
    Digest digest;
    for (std::int64_t i = 0; i < images.size(); ++i) {
        digest.add(images.name(i));
        digest.add(std::to_string(images.label(i)));
    }
    for (const Value& value : member.graph.values)
        if (value.constant)
            digest.add({static_cast<const char*>(value.constant->bytes()), value.constant->byte_size()});
    std::ostringstream key;
    key.precision(17);
    const OptimiserOptions& optimiser = options.optimiser;
    const AugmentOptions& augment = options.augment;
    key << "network " << member.architecture << " " << digest.hex() << " " << options.batch << " "
        << options.holdout << " " << options.seed << " " << name_of(optimiser.precision) << " "
        << static_cast<int>(optimiser.kind) << " " << optimiser.rate << " " << optimiser.decay << " "
        << optimiser.average << " " << optimiser.smoothing << " " << optimiser.exits << " " << augment.shift
        << " " << augment.cutout << " " << augment.mixup;
    const DistillOptions& distill = optimiser.distill;
    if (options.teacher != nullptr)
        key << " " << options.teacher->digest << " " << static_cast<int>(distill.kind) << " " << distill.alpha
            << " " << distill.temperature << " " << distill.entropy;
    for (const ExitHead& head : member.exits.heads) key << " " << head.site << ":" << head.type;
    key << " " << canonical_text(preprocess_to_json(member.preprocess));
    return key.str();
}

class Training {
public:
    Training(Member& member, const ImageStore& store, const Split& split, const TrainNetworkOptions& options,
             int threads)
        : member_(member),
          store_(store),
          split_(split),
          options_(options),
          threads_(threads),
          trainer_(member.graph, options.batch, options.optimiser),
          batches_(store, split.train, options.batch, options.augment, options.seed),
          log_(options.log, options.resume) {
        if (options.teacher != nullptr)
            teacher_.emplace(*options.teacher, member, options.batch, threads, options.optimiser.precision);
    }

    std::int64_t all_steps() const { return batches_.batches() * options_.epochs; }

    void go_on_from(const Checkpoint& checkpoint) {
        auto state = trainer_.state();
        step_ = checkpoint.load({state.begin(), state.end()});
        if (step_ > 0) trainer_.set_state(state, step_);
    }

    template <class Told>
    void run(const Checkpoint& checkpoint, TrainNetworkReport& report, const Told& told) {
        const std::int64_t first = step_;
        auto saved = Clock::now();
        while (step_ < all_steps()) {
            const auto start = Clock::now();
            const std::int64_t epoch = step_ / batches_.batches();
            batches_.make(epoch, step_ % batches_.batches(), trainer_.images(), trainer_.targets());
            const double rate = learning_rate(options_.optimiser.rate, step_, all_steps());
            if (teacher_) teacher_->answer(trainer_.images());
            log_.add(trainer_.step(rate, teacher_ ? &*teacher_ : nullptr), options_.batch);
            ++step_;
            report.seconds += seconds_since(start);
            told(step_ - first, all_steps() - first);
            const bool epoch_ends = step_ % batches_.batches() == 0;
            if (epoch_ends || Clock::now() - saved > kBetweenSaves) {
                save(checkpoint);
                saved = Clock::now();
            }
            if (epoch_ends) end_epoch(epoch, rate, report);
        }
        report.steps = step_ - first;
    }

    /// The member as a model stores it, and how it does on the images held out.
    std::vector<double> finish() {
        trainer_.write_constants(member_.graph);
        member_ = finish_network(std::move(member_));
        return judge(member_, store_, split_.held_out, threads_);
    }

private:
    void save(const Checkpoint& checkpoint) {
        if (!checkpoint.is_kept()) return;
        auto state = trainer_.state();
        checkpoint.save({state.begin(), state.end()}, step_);
    }

    void end_epoch(std::int64_t epoch, double rate, const TrainNetworkReport& report) {
        if (!log_.is_kept()) return;
        Member now = member_;
        trainer_.write_constants(now.graph);
        log_.end_epoch(epoch, step_, rate, report.seconds,
                       judge(finish_network(std::move(now)), store_, split_.held_out, threads_));
    }

    Member& member_;
    const ImageStore& store_;
    const Split& split_;
    const TrainNetworkOptions& options_;
    int threads_;
    NetworkTrainer trainer_;
    BatchMaker batches_;
    TrainingLog log_;
    std::optional<Teacher> teacher_;
    std::int64_t step_ = 0;
};

}  // namespace

TrainNetworkReport train_network(
    Member& member, const Dataset& images, const TrainNetworkOptions& options,
    const std::function<void(const char* what, std::int64_t done, std::int64_t all)>& progress) {
    const int threads = options.threads > 0 ? options.threads : available_threads();
    const ImageStore store(images, member.preprocess, threads);
    const Split split = split_images(store.size(), options);
    if (static_cast<std::int64_t>(split.train.size()) < options.batch)
        throw Error(ErrorCode::kContent, "--data",
                    std::to_string(images.size()) + " images, " + std::to_string(store.missing()) +
                        " of them unreadable and " + std::to_string(split.held_out.size()) +
                        " held out: fewer are left than a batch of " + std::to_string(options.batch));
    ComputeTeam team(threads);
    const ComputeScope scope(team);
    const Checkpoint checkpoint(options.checkpoint, key_of(member, images, options));
    TrainNetworkReport report;
    Training training(member, store, split, options, threads);
    if (options.resume) training.go_on_from(checkpoint);
    training.run(checkpoint, report,
                 [&](std::int64_t done, std::int64_t all) { progress("steps", done, all); });
    report.accuracy = training.finish();
    report.images = images.size();
    report.held_out = static_cast<std::int64_t>(split.held_out.size());
    report.missing = store.missing();
    return report;
}

}  // namespace dyce
