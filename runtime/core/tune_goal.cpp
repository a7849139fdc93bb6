#include "runtime/core/tune_goal.h"

#include <dyce/error.h>

namespace dyce {

const char* name_of(TuneGoal goal) { return goal == TuneGoal::kLatency ? "latency" : "throughput"; }

TuneGoal parse_tune_goal(const std::string& text, const std::string& where) {
    for (const TuneGoal goal : {TuneGoal::kLatency, TuneGoal::kThroughput})
        if (text == name_of(goal)) return goal;
    throw Error(ErrorCode::kUsage, where, "\"" + text + "\" given, expected latency or throughput");
}

int rows_of(TuneGoal goal) { return goal == TuneGoal::kLatency ? 1 : 8; }

}  // namespace dyce
