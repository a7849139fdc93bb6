// What a measurement of a model keeps fixed. A value.
#pragma once

#include "runtime/exec/executor.h"

#include <dyce/session.h>

#include <nlohmann/json.hpp>

#include <cstdint>

namespace dyce {

struct BenchSetting {
    int batch = 1;
    int threads = 1;
    int workers = 1;  ///< batches at the same time, of the backbone alone
    Precision precision = Precision::kFloat32;
    TuneGoal goal = TuneGoal::kLatency;
    double seconds = 2;            ///< at least so long
    std::size_t max_memory = 0;    ///< 0 = no limit
    bool saves_memory = false;     ///< what compile_options() asks for: as the limit needs it
    std::int64_t budget_macs = 0;  ///< of each image; 0 = no limit
    double budget_ms = 0;
    StageCosts stage_ms = {};  ///< what `budget_ms` goes by

    CompileOptions compile_options() const {
        return {.max_batch = batch,
                .threads = threads,
                .precision = precision,
                .goal = goal,
                .saves_memory = saves_memory};
    }
    SessionOptions session_options() const {
        return {.threads = threads,
                .max_batch = batch,
                .precision = name_of(precision),
                .tune = name_of(goal),
                .max_memory = max_memory,
                .stage_ms = stage_ms};
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
