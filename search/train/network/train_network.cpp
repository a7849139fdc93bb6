#include "search/train/network/train_network.h"

#include "loaders/format/preprocess_json.h"
#include "runtime/core/digest.h"
#include "runtime/core/onednn/compute_scope.h"
#include "runtime/core/threads.h"
#include "search/train/network/gates.h"
#include "search/train/network/judge.h"
#include "search/train/network/live_norms.h"
#include "search/train/network/network_training.h"
#include "search/train/network/split_images.h"
#include "search/train/network/start_network.h"
#include "search/train/network/training_log.h"

#include <dyce/error.h>

#include <sstream>

namespace dyce {
namespace {

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
    key << "network 2 " << member.architecture << " " << digest.hex() << " " << options.batch << " "
        << options.holdout << " " << options.seed << " " << name_of(optimiser.precision) << " "
        << static_cast<int>(optimiser.kind) << " " << optimiser.rate << " " << optimiser.decay << " "
        << optimiser.average << " " << optimiser.smoothing << " " << optimiser.exits << " " << augment.shift
        << " " << augment.cutout << " " << augment.mixup << " " << optimiser.clip << " "
        << options.live_norms;
    if (augment.reflect) key << " reflect";
    if (options.gate_target) key << " gates " << *options.gate_target;
    for (const double cost : options.gate_costs) key << " " << cost;
    const DistillOptions& distill = optimiser.distill;
    if (options.teacher != nullptr)
        key << " " << options.teacher->digest << " " << static_cast<int>(distill.kind) << " " << distill.alpha
            << " " << distill.temperature << " " << distill.entropy;
    for (const ExitHead& head : member.exits.heads) key << " " << head.site << ":" << head.type;
    key << " " << canonical_text(preprocess_to_json(member.preprocess));
    return key.str();
}

NetworkTrainingOptions whole_training(const Member& member, const TrainNetworkOptions& options, int threads) {
    NetworkTrainingOptions training{options.epochs,  options.batch,   options.seed, options.optimiser,
                                    options.augment, options.teacher, threads};
    if (!options.gate_target) return training;
    const GatedCost cost = gated_cost(member, options.gate_costs);
    training.gates = cost.gates;
    training.gate_target = cost.of_gated(*options.gate_target);
    return training;
}

// As the trainer sees it.
Member in_training(const Member& member, const TrainNetworkOptions& options) {
    Member trained = member;
    if (options.gate_target) trained.graph = gated_graph(member, true);
    return trained;
}

std::optional<double> share_run_by(const GatedCost& cost, const std::vector<double>& accuracy) {
    if (cost.gates.empty() || accuracy.empty()) return {};
    return share_run(cost, accuracy);
}

// The log's row: how the network would do if it was over now.
void log_epoch(TrainingLog& log, const Member& member, const NetworkTrainer& trainer, std::int64_t epoch,
               std::int64_t step, double rate, double seconds, const ImageStore& store,
               const ImageSplit& split, const GatedCost& cost, int threads) {
    if (!log.is_kept()) return;
    Member now = member;
    trainer.write_constants(now.graph);
    now = finish_network(std::move(now));
    const std::vector<double> accuracy = judge(now, store, split.held_out, threads);
    log.end_epoch(epoch, step, rate, seconds, now.exits, accuracy, share_run_by(cost, accuracy));
}

}  // namespace

TrainNetworkReport train_network(Member& member, const Dataset& images, const TrainNetworkOptions& options,
                                 const TrainingProgress& progress) {
    const int threads = options.threads > 0 ? options.threads : available_threads();
    const ImageStore store(images, member.preprocess, threads);
    const ImageSplit split = split_images(store.size(), options.holdout, options.seed);
    check_enough(split, store, images.size(), options.batch);
    ComputeTeam team(threads);
    const ComputeScope scope(team);
    if (options.prepare) options.prepare(member, store, split, threads, progress);
    const Checkpoint checkpoint(options.checkpoint, key_of(member, images, options));
    if (options.live_norms && options.epochs > 0) add_live_norms(member, store, split.train, threads);
    TrainNetworkReport report;
    TrainingLog log(options.log, options.resume, options.gate_target.has_value());
    const GatedCost cost = gated_cost(member, options.gate_costs);
    NetworkTraining training(in_training(member, options), store, split.train,
                             whole_training(member, options, threads));
    if (options.gate_target) training.trainer().set_rate_factors(rate_factors(member));
    if (options.resume) training.go_on_from(checkpoint);
    const std::int64_t first = training.steps_done(), all = training.all_steps() - first;
    TrainingHooks hooks;
    hooks.after_step = [&](const NetworkTrainer::Seen& seen, std::int64_t done) {
        log.add(seen, options.batch);
        if (options.gate_target)
            options.tell_run(cost.of_network(seen.run / static_cast<double>(options.batch)));
        progress("steps", done - first, all);
    };
    hooks.end_epoch = [&](std::int64_t epoch, double rate) {
        log_epoch(log, member, training.trainer(), epoch, training.steps_done(), rate, report.seconds, store,
                  split, cost, threads);
    };
    training.set_hooks(hooks);
    report.steps = training.run(checkpoint, report.seconds);
    report.returns = training.returns();
    training.trainer().write_constants(member.graph);
    member = finish_network(std::move(member));
    report.accuracy = judge(member, store, split.held_out, threads);
    report.run = share_run_by(cost, report.accuracy);
    report.run_unit = cost.unit;
    report.images = images.size();
    report.held_out = static_cast<std::int64_t>(split.held_out.size());
    report.missing = store.missing();
    return report;
}

}  // namespace dyce
