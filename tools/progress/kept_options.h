// The options of verbs that can go on where they were cut off, and what they say. Stateless.
#pragma once

#include "tools/cli/arguments.h"
#include "tools/progress/kept_run.h"

#include <string>

namespace dyce {

inline const Option kProgressOption = {
    "progress", "FILE",
    "keep in it how far the work has come, inside the network too, and go on from there (with --output)"};
inline const Option kOutputOption = {"output", "FILE", "with --progress: where answers go, without times"};
inline const Option kDurabilityOption = {
    "durability", "NAME",
    "with --progress, what has to stay when the `process` goes, or the `power` (process)"};
inline const Option kProgressEveryOption = {
    "progress-every", "N",
    "with --progress, how often: every `stage`, every `image`, or every N images (stage; for power image)"};

/// Throws Error{kUsage} when one of them lacks another, or stands beside an option that --progress excludes.
void check_kept_options(const Arguments& arguments);

/// What they say; `settings` are those of the verb that its output depends on.
KeptRunOptions kept_run_options(const Arguments& arguments, int topk, const std::string& settings);

}  // namespace dyce
