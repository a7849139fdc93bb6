#include "search/compress/compress.h"

#include "graph/passes/passes.h"
#include "runtime/core/digest.h"
#include "runtime/core/onednn/compute_scope.h"
#include "runtime/core/threads.h"
#include "search/compress/compress_schedule.h"
#include "search/compress/overhead.h"
#include "search/train/network/judge.h"
#include "search/train/network/live_norms.h"
#include "search/train/network/split_images.h"
#include "search/train/network/start_network.h"

#include <dyce/error.h>

#include <algorithm>
#include <optional>
#include <sstream>

namespace dyce {
namespace {

constexpr std::size_t kJudgedInAll = 20'000, kLeastJudged = 500;  // images, of all layers' measurements
constexpr std::size_t kFactorJudges = 2'000;
constexpr double kClip = 5, kDecay = 1e-4;

// The images that judge: others than those that train, or a part of them.
struct Judges {
    const ImageStore* store;
    std::vector<std::int64_t> images;

    double operator()(const Member& member, int threads, std::size_t most = SIZE_MAX) const {
        const std::span<const std::int64_t> some(images.data(), std::min(images.size(), most));
        return some.empty() ? 0 : judge(member, *store, some, threads)[0];
    }
};

NetworkTrainingOptions training_options(const CompressOptions& options, const Member& teacher, int threads) {
    NetworkTrainingOptions training;
    training.epochs = options.epochs;
    training.batch = options.batch;
    training.seed = options.seed;
    training.optimiser.rate = options.rate;
    training.optimiser.decay = kDecay;
    training.optimiser.clip = kClip;
    training.optimiser.precision = options.precision;
    training.optimiser.distill = {DistillOptions::Kind::kPlain, options.alpha, options.temperature};
    training.teacher = &teacher;
    training.threads = threads;
    return training;
}

// Everything the numbers depend on.
std::string key_of(const Member& member, const Member& teacher, const Dataset& images,
                   const CompressOptions& options) {
    Digest digest;
    for (std::int64_t i = 0; i < images.size(); ++i) {
        digest.add(images.name(i));
        digest.add(std::to_string(images.label(i)));
    }
    std::ostringstream key;
    key.precision(17);
    key << "compress " << member.digest << " " << member.preprocess_digest << " " << teacher.digest << " "
        << digest.hex() << " " << options.target_bytes << " " << static_cast<int>(options.store) << " "
        << static_cast<int>(options.factorise) << (options.for_time ? " for time " : " ") << options.gradual
        << " " << options.epochs << " " << options.batch << " " << options.rate << " " << options.alpha << " "
        << options.temperature << " " << options.max_drop << " " << options.holdout << " " << options.seed
        << " " << name_of(options.precision) << " " << (options.judges != nullptr);
    return key.str();
}

ModelData with_member(const ModelData& model, Member member) {
    ModelData result = model;
    result.members = {std::move(member)};
    return result;
}

void check_target(const ModelData& model, const CompressOptions& options) {
    const std::uint64_t own = size_of_model(model).all();
    if (options.target_bytes >= own)
        throw Error(
            ErrorCode::kUsage, "--target-kb",
            std::to_string(options.target_bytes) + " bytes given, the model has only " + std::to_string(own));
}

using CompressProgress = std::function<void(const char* what, std::int64_t done, std::int64_t all)>;

// One call of compress(), step by step.
class Compression {
public:
    Compression(ModelData& model, const Dataset& images, const CompressOptions& options, int threads)
        : model_(model),
          options_(options),
          threads_(threads),
          member_(model.members[0]),
          teacher_(finish_network(options.teacher != nullptr ? *options.teacher : member_)),
          store_(images, member_.preprocess, threads),
          split_(split_images(store_.size(), options.holdout, options.seed)),
          checkpoint_(options.checkpoint, key_of(member_, teacher_, images, options)) {
        check_enough(split_, store_, images.size(), options.batch);
        judges_ = {&store_, split_.held_out};
        if (options.judges != nullptr) {
            others_.emplace(*options.judges, member_.preprocess, threads);
            judges_ = {&*others_, all_images(*others_)};
        }
        report_.images = images.size();
        report_.missing = store_.missing();
        report_.judged = static_cast<std::int64_t>(judges_.images.size());
        add_form("as it was", member_);
    }

    void factorise_layers() {
        report_.factorised = factorise(
            member_, options_.factorise, store_, split_.train, threads_,
            [&](const Member& tried) { return judges_(tried, threads_, kFactorJudges); }, options_.for_time);
        if (!report_.factorised.empty()) add_form("factorised", finish_network(member_));
    }

    void train(const CompressProgress& progress) {
        add_live_norms(member_, store_, split_.train, threads_);
        NetworkTraining training(member_, store_, split_.train,
                                 training_options(options_, teacher_, threads_));
        CompressSchedule schedule(member_.graph, training.trainer(), judge_of_schedule(), options_,
                                  training.all_steps());
        add_form("stored so", stored(member_.graph, SmallNumbers::kVanish));
        schedule.check_target();
        TrainingHooks hooks;
        std::int64_t first = 0;
        hooks.before_step = [&](std::int64_t step) { schedule.before_step(step); };
        hooks.after_step = [&](const NetworkTrainer::Seen&, std::int64_t done) {
            progress("steps", done - first, training.all_steps() - first);
        };
        hooks.state = schedule.state();
        hooks.state_was_set = [&] { schedule.state_was_set(); };
        training.set_hooks(hooks);
        if (options_.resume) training.go_on_from(checkpoint_);
        first = training.steps_done();
        report_.steps = training.run(checkpoint_, report_.seconds);
        report_.returns = training.returns();
        finish(schedule);
    }

    CompressReport report() && { return std::move(report_); }

private:
    Member stored(const Graph& graph, SmallNumbers small) const {
        Member trained = member_;
        trained.graph = graph;
        return stored_form(std::move(trained), options_.store, small);
    }

    ContainerSize size_with(const Member& member) const { return size_of_model(with_member(model_, member)); }

    void add_form(const std::string& name, const Member& member, double density = 1) {
        report_.forms.push_back(
            {name, size_with(member), density, overhead_bytes(member), judges_(member, threads_)});
    }

    // Never fewer bytes than the result will have, and the accuracy on some of the images.
    CompressSchedule::Judge judge_of_schedule() const {
        const std::size_t layers = Sparsity(member_.graph).layers().size();
        const std::size_t each = std::max(kJudgedInAll / std::max<std::size_t>(layers, 1), kLeastJudged);
        return {[this](const Graph& graph) { return size_with(stored(graph, SmallNumbers::kStay)).all(); },
                [this, each](const Graph& graph) {
                    return judges_(stored(graph, SmallNumbers::kVanish), threads_, each);
                }};
    }

    void finish(CompressSchedule& schedule) {
        Graph graph;
        report_.fits = schedule.finish(graph);
        for (const auto& [bytes, accuracy] : schedule.reached())
            report_.forms.push_back({"on the way", {0, static_cast<std::size_t>(bytes)}, -1, 0, accuracy});
        const Sparsity& sparsity = schedule.sparsity();
        for (std::size_t l = 0; l < sparsity.layers().size(); ++l)
            if (sparsity.is_frozen(l)) report_.frozen.push_back(sparsity.layers()[l].name);
        const Member result = stored(graph, SmallNumbers::kVanish);
        const std::size_t all = std::max<std::size_t>(sparsity.weights(), 1);
        add_form("the result", result, static_cast<double>(sparsity.kept()) / static_cast<double>(all));
        report_.drop = report_.forms.front().accuracy - report_.forms.back().accuracy;
        model_ = with_member(model_, result);
    }

    ModelData& model_;
    const CompressOptions& options_;
    int threads_;
    Member member_;
    const Member teacher_;
    const ImageStore store_;
    const ImageSplit split_;
    std::optional<ImageStore> others_;
    Judges judges_{};
    Checkpoint checkpoint_;
    CompressReport report_;
};

}  // namespace

CompressReport compress(ModelData& model, const Dataset& images, const CompressOptions& options,
                        const CompressProgress& progress) {
    check_target(model, options);
    const int threads = options.threads > 0 ? options.threads : available_threads();
    ComputeTeam team(threads);
    const ComputeScope scope(team);
    Compression compression(model, images, options, threads);
    compression.factorise_layers();
    compression.train(progress);
    return std::move(compression).report();
}

}  // namespace dyce
