// What a measurement of a model keeps fixed. A value.
#pragma once

#include "runtime/exec/executor.h"

#include <dyce/session.h>

#include <nlohmann/json.hpp>

namespace dyce {

struct BenchSetting {
    int batch = 1;
    int threads = 1;
    int workers = 1;  ///< batches at the same time, of the backbone alone
    Precision precision = Precision::kFloat32;
    TuneGoal goal = TuneGoal::kLatency;
    double seconds = 2;  ///< at least so long

    CompileOptions compile_options() const {
        return {.max_batch = batch, .threads = threads, .precision = precision, .goal = goal};
    }
    SessionOptions session_options() const {
        return {
            .threads = threads, .max_batch = batch, .precision = name_of(precision), .tune = name_of(goal)};
    }
    /// batch, threads, workers, precision, plan: how a row of results begins.
    nlohmann::ordered_json json() const {
        return {{"batch", batch},
                {"threads", threads},
                {"workers", workers},
                {"precision", name_of(precision)},
                {"plan", name_of(goal)}};
    }
};

}  // namespace dyce
