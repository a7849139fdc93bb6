#include "runtime/flow/exit_plan.h"

#include "runtime/core/index.h"
#include "runtime/flow/late_heads.h"

#include <dyce/error.h>

#include <algorithm>
#include <cmath>

namespace dyce {
namespace {

[[noreturn]] void fail(const Configuration& configuration, const std::string& message) {
    throw Error(ErrorCode::kUsage, "configuration " + configuration.name, message);
}

void enable(const Configuration& configuration, const EnabledExit& exit,
            const std::vector<ExitSite>& positions, DecisionPoint& point) {
    const ExitSite& position = positions[index(exit.site)];
    const auto head = std::find_if(position.heads.begin(), position.heads.end(),
                                   [&](const ExitSite::Head& other) { return other.type == exit.type; });
    if (head == position.heads.end())
        fail(configuration,
             "exit site " + std::to_string(exit.site) + " has no head of type \"" + exit.type + "\"");
    if (!std::isfinite(exit.threshold))
        fail(configuration, "the threshold of exit site " + std::to_string(exit.site) + " is not finite");
    point = {true, head->index, exit.threshold, exit.type, head->macs};
}

}  // namespace

ExitPlan make_exit_plan(const Configuration& configuration, const std::vector<ExitSite>& positions) {
    ExitPlan plan;
    plan.configuration = configuration;
    plan.score = &find_exit_score(configuration.score);
    plan.points.resize(positions.size());
    plan.member_runs.assign(index(positions.back().member) + 1, false);
    int last = -1;
    for (const EnabledExit& exit : configuration.exits) {
        // The final exit is no choice.
        if (exit.site < 0 || index(exit.site) + 1 >= positions.size())
            fail(configuration, "exit site " + std::to_string(exit.site) + ", the model has " +
                                    std::to_string(positions.size() - 1));
        if (exit.site <= last) fail(configuration, "exit sites do not rise");
        last = exit.site;
        enable(configuration, exit, positions, plan.points[index(exit.site)]);
        plan.member_runs[index(positions[index(exit.site)].member)] = true;
    }
    plan.points.back() = {true, -1, -INFINITY, kFinalType};
    plan.member_runs.back() = true;
    const std::vector<std::size_t> late = late_heads(configuration, positions);
    for (std::size_t p = 0; p < positions.size(); ++p) plan.points[p].late_head = late[p];
    return plan;
}

}  // namespace dyce
