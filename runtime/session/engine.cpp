#include "runtime/session/engine.h"

#include "runtime/core/digest.h"
#include "runtime/session/energy_supply.h"
#include "runtime/session/model_access.h"
#include "runtime/session/supply_costs.h"

#include <dyce/error.h>

#include <cmath>
#include <utility>

namespace dyce {
Engine::Engine(const Model& model, const EngineOptions& options, int concurrent, TimeSource now)
    : Engine(compile_for_memory(ModelAccess::data(model), options, concurrent), options, concurrent,
             std::move(now)) {}

Engine::Engine(CompiledForMemory compiled, const EngineOptions& options, int concurrent, TimeSource now)
    : model_(std::move(compiled.model)),
      precision_(options.precision),
      max_batch_(static_cast<std::size_t>(compiled.max_batch)),
      economy_(compiled.economy),
      concurrent_(concurrent),
      positions_(model_->positions()),
      feature_sites_(options.features, positions_),
      members_(std::move(compiled.members)),
      energy_(make_energy_supply(options, positions_)),
      gates_(skippable_sites(positions_)) {
    if (!options.stage_ms.stages.empty()) stage_ms_ = supply_costs(options.stage_ms, positions_, "stage_ms");
    StageRunners first = local_stage_runners(members_);
    times_ = make_stage_times(first, std::move(now));
    loops_.give_back(make_loop(std::move(first)));
    for (int i = 1; i < concurrent; ++i) loops_.give_back(make_loop(local_stage_runners(members_)));
}

MemoryUse Engine::memory_use() const { return dyce::memory_use(*model_, members_, concurrent_); }

std::shared_ptr<const ExitPlan> Engine::make_plan(const Configuration& configuration) const try {
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
} catch (const Error& error) {
    if (economy_ != Economy::kHeads) throw;
    throw Error(
        error.code(), error.where(),
        error.message() + "; with this max_memory only the heads are there that the stored set needs");
}

Budget Engine::make_budget(std::int64_t macs, double ms) const {
    const auto fail = [](const char* where, const std::string& message) {
        throw Error(ErrorCode::kUsage, where, message);
    };
    Budget budget;
    if (macs < 0)
        fail("budget_macs", std::to_string(macs) + " given, expected multiply-adds, or 0 for no limit");
    if (!(ms >= 0) || !std::isfinite(ms))
        fail("budget_ms", std::to_string(ms) + " given, expected milliseconds, or 0 for no limit");
    if (macs > 0) budget.macs = macs;
    if (ms == 0) return budget;
    if (!stage_ms_) fail("budget_ms", "needs stage_ms, which tells what stages and heads take");
    budget.ms = ms;
    budget.times = &*stage_ms_;
    return budget;
}

void Engine::check_budget(const Budget& budget, const ExitPlan& plan) const {
    if (!budget.limits_any()) return;
    const AnswerCost least = first_answer_cost(budget, plan, positions_);
    const auto check = [&](const char* where, auto given, auto needed) {
        if (given >= needed) return;
        throw Error(ErrorCode::kUsage, where,
                    std::to_string(given) + " given, but with configuration " + plan.configuration.name +
                        " the first answer takes " + std::to_string(needed));
    };
    check("budget_macs", budget.macs, least.macs);
    check("budget_ms", budget.ms, least.ms);
}

template <class Run>
void Engine::run_loop(const Run& run) {
    auto loop = loops_.take([this] { return make_loop(local_stage_runners(members_)); });
    const std::uint64_t before = loop->non_finite_scores();
    run(*loop);
    non_finite_scores_ += loop->non_finite_scores() - before;
    const std::span<GateCount> decided = loop->gate_counts();
    for (std::size_t site = 0; site < decided.size(); ++site) {
        gates_[site].asked += std::exchange(decided[site].asked, 0);
        gates_[site].opened += std::exchange(decided[site].opened, 0);
    }
    loops_.give_back(std::move(loop));
}

void Engine::read_gates(std::vector<GateCount>& counts) const {
    counts.clear();
    for (std::size_t site = 0; site < gates_.size(); ++site)
        if (positions_[site].gate)
            counts.push_back({static_cast<int>(site), gates_[site].asked, gates_[site].opened});
}

void Engine::run(std::span<const ExitPlan* const> plans, ExitBatch& batch) {
    run_loop([&](ExitLoop& loop) { loop.run(plans, batch); });
}

void Engine::run(const ExitPlan& plan, std::size_t rows, ExitBatch& batch) {
    run_loop([&](ExitLoop& loop) { loop.run(plan, static_cast<int>(rows), batch); });
}

void Engine::resume(const ExitPlan& plan, const RunState& state, ExitBatch& batch) {
    const std::vector<const ExitPlan*> plans(state.rows.size(), &plan);
    run_loop([&](ExitLoop& loop) { loop.resume(plans, state, batch); });
}

std::vector<std::vector<std::size_t>> Engine::held_bytes() {
    std::vector<std::vector<std::size_t>> bytes;
    run_loop([&](ExitLoop& loop) { bytes = loop.held_bytes(); });
    return bytes;
}

std::string Engine::plan_digest() const {
    Digest digest;
    for (const auto& member : members_) digest.add(member != nullptr ? member->plan_digest() : "absent");
    return digest.hex();
}

std::size_t Engine::arena_bytes() const {
    std::size_t bytes = 0;
    for (const auto& member : members_) bytes += member != nullptr ? member->arena_bytes() : 0;
    return bytes;
}

std::unique_ptr<ExitLoop> Engine::make_loop(StageRunners runners) const {
    return std::make_unique<ExitLoop>(std::move(runners), positions_, static_cast<int>(max_batch_), times_);
}

}  // namespace dyce
