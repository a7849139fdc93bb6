// How a network is computed, whichever of its names the caller used. Pure functions.
#pragma once

#include "runtime/core/tune_goal.h"

#include <dyce/scheduler.h>

namespace dyce {

/// What `tune`, or its older name `plan`, asks for; latency when neither is given.
/// Throws Error{kUsage} for another word and when the two differ.
TuneGoal tune_goal(const EngineOptions& options);

/// `options.engine`, where older names were not used instead; threads are those of one worker.
/// Throws Error{kUsage} when one thing has two values.
EngineOptions engine_options(const SchedulerOptions& options);

}  // namespace dyce
