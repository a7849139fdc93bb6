// What a measurement of a model keeps fixed. A value.
#pragma once

#include "runtime/core/precision.h"

#include <nlohmann/json.hpp>

namespace dyce {

struct BenchSetting {
    int batch = 1;
    int threads = 1;
    Precision precision = Precision::kFloat32;
    double seconds = 2;  ///< at least so long

    /// batch, threads, precision: how a row of results begins.
    nlohmann::ordered_json json() const {
        return {{"batch", batch}, {"threads", threads}, {"precision", name_of(precision)}};
    }
};

}  // namespace dyce
