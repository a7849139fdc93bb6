// The verbs of the program; one file each.
#pragma once

#include "tools/cli/arguments.h"

#include <span>

namespace dyce {

extern const Verb kConvert, kInspect, kClassify, kTrain, kRecord, kMerge, kSearch, kCascade, kEval, kBench,
    kReport, kRun, kQuantize, kCompress;

/// In the order of the help text.
std::span<const Verb* const> all_verbs();

}  // namespace dyce
