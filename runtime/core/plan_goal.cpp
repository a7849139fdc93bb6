#include "runtime/core/plan_goal.h"

#include <dyce/error.h>

namespace dyce {

const char* name_of(PlanGoal goal) { return goal == PlanGoal::kLatency ? "latency" : "throughput"; }

PlanGoal parse_plan_goal(const std::string& text, const std::string& where) {
    for (const PlanGoal goal : {PlanGoal::kLatency, PlanGoal::kThroughput})
        if (text == name_of(goal)) return goal;
    throw Error(ErrorCode::kUsage, where, "\"" + text + "\" given, expected latency or throughput");
}

int rows_of(PlanGoal goal) { return goal == PlanGoal::kLatency ? 1 : 8; }

}  // namespace dyce
