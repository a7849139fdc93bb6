#include "runtime/session/engine_options.h"

#include "runtime/core/threads.h"

#include <dyce/error.h>

#include <algorithm>
#include <string>

namespace dyce {
namespace {

// A name counts as used when its value is not the one that it has by itself.
template <class Value>
void take_older_name(const char* name, Value SchedulerOptions::*older, Value EngineOptions::*newer,
                     const SchedulerOptions& options, EngineOptions& engine) {
    static const SchedulerOptions defaults;
    const Value& value = options.*older;
    if (value == defaults.*older || value == engine.*newer) return;
    if (engine.*newer != defaults.engine.*newer)
        throw Error(
            ErrorCode::kUsage, name,
            std::string("differs from engine.") + name + ", its name of today; expected one of the two");
    engine.*newer = value;
}

}  // namespace

TuneGoal tune_goal(const EngineOptions& options) {
    if (options.tune.empty() && options.plan.empty()) return TuneGoal::kLatency;
    if (options.tune.empty()) return parse_tune_goal(options.plan, "plan");
    if (!options.plan.empty() && options.plan != options.tune)
        throw Error(ErrorCode::kUsage, "plan",
                    "\"" + options.plan + "\" given, but \"" + options.tune +
                        "\" as tune, its name of today; expected one of the two");
    return parse_tune_goal(options.tune, "tune");
}

EngineOptions engine_options(const SchedulerOptions& options) {
    EngineOptions engine = options.engine;
    const auto take = [&](const char* name, auto older, auto newer) {
        take_older_name(name, older, newer, options, engine);
    };
    take("threads", &SchedulerOptions::threads, &EngineOptions::threads);
    take("max_batch", &SchedulerOptions::max_batch, &EngineOptions::max_batch);
    take("precision", &SchedulerOptions::precision, &EngineOptions::precision);
    take("plan", &SchedulerOptions::plan, &EngineOptions::plan);
    take("reference_kernels", &SchedulerOptions::reference_kernels, &EngineOptions::reference_kernels);
    if (engine.threads == 0) engine.threads = std::max(1, available_threads() / options.workers);
    return engine;
}

}  // namespace dyce
