// What the kernels of a network are chosen for. Pure functions.
#pragma once

#include <string>

namespace dyce {

enum class PlanGoal {
    kLatency,     ///< a picture by itself
    kThroughput,  ///< many at once; a picture by itself takes longer, and weights more memory
};

/// "latency", "throughput".
const char* name_of(PlanGoal goal);

/// Throws Error{kUsage} at `where` naming what there is.
PlanGoal parse_plan_goal(const std::string& text, const std::string& where);

/// Pictures in the batches that kernels are chosen for. It does not depend on the batches that come: answers
/// would, in their last bits. From 8 to 16 pictures Winograd's algorithm changes how it adds up.
int rows_of(PlanGoal goal);

}  // namespace dyce
