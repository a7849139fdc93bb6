// What a measurement of a model keeps fixed. A value.
#pragma once

#include "runtime/core/precision.h"

#include <nlohmann/json.hpp>

namespace dyce {

struct BenchSetting {
    int batch = 1;
    int threads = 1;
    int workers = 1;  ///< batches at the same time, of the backbone alone
    Precision precision = Precision::kFloat32;
    double seconds = 2;  ///< at least so long

    /// batch, threads, workers, precision: how a row of results begins.
    nlohmann::ordered_json json() const {
        return {
            {"batch", batch}, {"threads", threads}, {"workers", workers}, {"precision", name_of(precision)}};
    }
};

}  // namespace dyce
