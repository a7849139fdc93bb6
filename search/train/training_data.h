// What heads train on, and how. Plain values.
#pragma once

#include "search/train/feature_cache.h"
#include "search/train/loss.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace dyce {

/// What all heads train on. Outlives the trainers.
struct TrainingData {
    FeatureRows rows;
    std::vector<int> labels;  ///< by image; row r shows image r % labels.size()

    int label(std::int64_t row) const { return labels[static_cast<std::size_t>(row) % labels.size()]; }
};

struct TrainingOptions {
    LossOptions loss;
    int epochs = 8;  ///< over all passes' rows
    std::int64_t batch = 256;
    std::optional<double> rate = {};  ///< at the peak; empty: as the type of head needs it
    double decay = 0.3;
    std::uint64_t seed = 0;
};

}  // namespace dyce
