#include "runtime/session/engine.h"

#include <dyce/error.h>

namespace dyce {
namespace {

std::vector<std::shared_ptr<const CompiledModel>> compile_members(const ModelData& model,
                                                                  const SessionOptions& options) {
    std::vector<std::shared_ptr<const CompiledModel>> members;
    for (const Member& member : model.members)
        members.push_back(
            CompiledModel::compile(member.graph, member.exits,
                                   {.max_batch = options.max_batch,
                                    .threads = options.threads,
                                    .precision = parse_precision(options.precision, "precision"),
                                    .goal = parse_tune_goal(options.plan, "plan"),
                                    .reference_kernels = options.reference_kernels,
                                    .mapping = model.mapping}));
    return members;
}

}  // namespace

Engine::Engine(const Model& model, const SessionOptions& options, int concurrent, TimeSource now)
    : model_(model.data()),
      precision_(options.precision),
      max_batch_(static_cast<std::size_t>(options.max_batch)),
      positions_(model_->positions()),
      members_(compile_members(*model_, options)) {
    StageRunners first = local_stage_runners(members_);
    times_ = make_stage_times(first, std::move(now));
    loops_.give_back(make_loop(std::move(first)));
    for (int i = 1; i < concurrent; ++i) loops_.give_back(make_loop(local_stage_runners(members_)));
}

std::shared_ptr<const ExitPlan> Engine::make_plan(const Configuration& configuration) const {
    const auto check = [&](const std::string& what, const std::string& found, const std::string& own) {
        if (!found.empty() && found != own)
            throw Error(ErrorCode::kUsage, "configuration " + configuration.name,
                        "was made for " + what + " " + found + ", this model has " + own);
    };
    check("the model", configuration.model_digest, model_->digest);
    check("the preprocessing", configuration.preprocess_digest, model_->preprocess_digest);
    check("precision", configuration.precision, precision_);
    if (configuration.best_heads != nullptr || !model_->configurations)
        return std::make_shared<const ExitPlan>(make_exit_plan(configuration, positions_));
    Configuration informed = configuration;
    informed.best_heads = model_->configurations->contents().configurations.front().best_heads;
    return std::make_shared<const ExitPlan>(make_exit_plan(informed, positions_));
}

template <class Run>
void Engine::run_loop(const Run& run) {
    auto loop = loops_.take([this] { return make_loop(local_stage_runners(members_)); });
    const std::uint64_t before = loop->non_finite_scores();
    run(*loop);
    non_finite_scores_ += loop->non_finite_scores() - before;
    loops_.give_back(std::move(loop));
}

void Engine::run(std::span<const ExitPlan* const> plans, ExitBatch& batch) {
    run_loop([&](ExitLoop& loop) { loop.run(plans, batch); });
}

void Engine::run(const ExitPlan& plan, std::size_t rows, ExitBatch& batch) {
    run_loop([&](ExitLoop& loop) { loop.run(plan, static_cast<int>(rows), batch); });
}

std::size_t Engine::arena_bytes() const {
    std::size_t bytes = 0;
    for (const auto& member : members_) bytes += member->arena_bytes();
    return bytes;
}

std::unique_ptr<ExitLoop> Engine::make_loop(StageRunners runners) const {
    return std::make_unique<ExitLoop>(std::move(runners), positions_, static_cast<int>(max_batch_), times_);
}

}  // namespace dyce
