#include "runtime/session/economy.h"

#include "graph/exits/gates.h"
#include "loaders/format/same_network.h"
#include "runtime/core/index.h"
#include "runtime/session/engine_options.h"

#include <dyce/error.h>

#include <algorithm>
#include <array>
#include <set>
#include <string>

namespace dyce {
namespace {

constexpr std::array kEconomies = {Economy::kNone, Economy::kBatches, Economy::kKernels, Economy::kHeads};

// By position, the types of the heads that some configuration of the set has on, or that late images leave by.
std::vector<std::set<std::string>> used_heads(const ConfigurationSet& set, std::size_t positions) {
    std::vector<std::set<std::string>> used(positions);
    const auto use = [&](int site, const std::string& type) {
        if (site >= 0 && index(site) < used.size()) used[index(site)].insert(type);
    };
    for (const Configuration& configuration : set.contents().configurations)
        for (const EnabledExit& exit : configuration.exits) use(exit.site, exit.type);
    return used;
}

// Gates stay, and heads that others read in their chain.
ExitTable keep_heads(const ExitTable& exits, const std::vector<std::set<std::string>>& used,
                     std::size_t first_position) {
    std::vector<bool> stays(exits.heads.size());
    for (std::size_t h = exits.heads.size(); h-- > 0;) {
        const ExitHead& head = exits.heads[h];
        stays[h] = stays[h] || is_gate(head) || used[first_position + index(head.site)].count(head.type) > 0;
        if (stays[h] && head.chain >= 0) stays[index(head.chain)] = true;
    }
    ExitTable kept{exits.sites, {}};
    std::vector<int> renumbered(exits.heads.size(), -1);
    for (std::size_t h = 0; h < exits.heads.size(); ++h) {
        if (!stays[h]) continue;
        renumbered[h] = static_cast<int>(kept.heads.size());
        kept.heads.push_back(exits.heads[h]);
        if (kept.heads.back().chain >= 0)
            kept.heads.back().chain = renumbered[index(kept.heads.back().chain)];
    }
    return kept;
}

struct NeededModel {
    std::shared_ptr<const ModelData> model;
    std::vector<bool> is_needed;  ///< by member
};

// The model with the heads that its configurations need, and the members that have some of them.
NeededModel needed_model(const std::shared_ptr<const ModelData>& model) {
    auto part = std::make_shared<ModelData>(*model);
    const auto used = used_heads(*model->configurations, model->positions().size());
    std::vector<bool> is_needed;
    std::size_t position = 0;
    for (Member& member : part->members) {
        const std::size_t end = position + member.exits.sites.size() + 1;
        is_needed.push_back(end == used.size() ||
                            std::any_of(used.begin() + static_cast<std::ptrdiff_t>(position),
                                        used.begin() + static_cast<std::ptrdiff_t>(end),
                                        [](const auto& types) { return !types.empty(); }));
        member.exits = keep_heads(member.exits, used, position);
        position = end;
    }
    return {std::move(part), std::move(is_needed)};
}

// Once for all members that are one network.
std::shared_ptr<const CompiledModel> compile_member(const CompiledForMemory& compiled, std::size_t at,
                                                    const CompileOptions& options) {
    const std::vector<Member>& members = compiled.model->members;
    for (std::size_t m = 0; m < at; ++m)
        if (compiled.members[m] != nullptr && is_same_network(members[m], members[at]))
            return compiled.members[m];
    return CompiledModel::compile(members[at].graph, members[at].exits, options);
}

CompiledForMemory compile_with(const std::shared_ptr<const ModelData>& model, const EngineOptions& options,
                               Economy economy, bool is_trial) {
    CompiledForMemory result;
    result.economy = economy;
    result.max_batch = economy >= Economy::kBatches ? 1 : options.max_batch;
    NeededModel part{model, std::vector<bool>(model->members.size(), true)};
    if (economy == Economy::kHeads) part = needed_model(model);
    result.model = part.model;
    const CompileOptions compiling{.max_batch = result.max_batch,
                                   .threads = options.threads,
                                   .precision = parse_precision(options.precision, "precision"),
                                   .goal = tune_goal(options),
                                   .reference_kernels = options.reference_kernels,
                                   .saves_memory = economy >= Economy::kKernels,
                                   .is_trial = is_trial,
                                   .mapping = model->mapping};
    for (std::size_t m = 0; m < part.is_needed.size(); ++m)
        result.members.push_back(part.is_needed[m] ? compile_member(result, m, compiling) : nullptr);
    return result;
}

MemoryUse use_of(const CompiledForMemory& compiled, int concurrent) {
    return memory_use(*compiled.model, compiled.members, concurrent);
}

std::string parts_of(const MemoryUse& use) {
    return std::to_string(use.packed) + " of packed weights, " + std::to_string(use.arena) +
           " of activations and scratch, " + std::to_string(use.weights) +
           " of weights where the model has them, " + std::to_string(use.carries) + " for rows that move";
}

}  // namespace

CompiledForMemory compile_for_memory(const std::shared_ptr<const ModelData>& model,
                                     const EngineOptions& options, int concurrent) {
    if (options.max_memory == 0) return compile_with(model, options, Economy::kNone, false);
    MemoryUse least;
    for (const Economy economy : kEconomies) {
        if (economy == Economy::kHeads && !model->configurations) continue;
        const MemoryUse use = use_of(compile_with(model, options, economy, true), concurrent);
        if (use.total() <= options.max_memory) return compile_with(model, options, economy, false);
        if (least.total() == 0 || use.total() < least.total()) least = use;
    }
    throw Error(ErrorCode::kResource, "max_memory",
                std::to_string(options.max_memory) + " bytes given, but at least " +
                    std::to_string(least.total()) + " are needed: " + parts_of(least));
}

}  // namespace dyce
