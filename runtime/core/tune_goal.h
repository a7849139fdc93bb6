// What the kernels of a network are chosen for. Pure functions.
#pragma once

#include <string>

namespace dyce {

enum class TuneGoal {
    kLatency,     ///< an image by itself
    kThroughput,  ///< many at once; an image by itself takes longer, and weights more memory
};

/// "latency", "throughput".
const char* name_of(TuneGoal goal);

/// Throws Error{kUsage} at `where` naming what there is.
TuneGoal parse_tune_goal(const std::string& text, const std::string& where);

/// Images in the batches that kernels are chosen for. It does not depend on the batches that come: answers
/// would, in their last bits. From 8 to 16 images Winograd's algorithm changes how it adds up.
int rows_of(TuneGoal goal);

}  // namespace dyce
