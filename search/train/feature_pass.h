// Runs the frozen network once over the images and keeps what training needs. One thread calls, several
// compute a batch each.
#pragma once

#include "loaders/dataset/dataset.h"
#include "loaders/image/preprocess.h"
#include "search/train/feature_cache.h"

#include <functional>

namespace dyce {

struct FeaturePassOptions {
    int passes = 1;          ///< the first one shows each image as it is, others shift and mirror it
    std::uint64_t seed = 0;  ///< of the shifts
    int threads = 0;         ///< that compute; 0 = all this process may use. No row depends on it.
};

/// Appends what `cache` still lacks of passes x images rows, all images of a pass before the next pass. Each image goes the
/// way that the network's gates let it; one that cannot be read becomes a missing row. `progress` is told the rows that
/// are there.
void run_feature_pass(const FeatureNetwork& network, const FeatureLayout& layout, const Preprocess& recipe,
                      const Dataset& images, const FeaturePassOptions& options, FeatureCache& cache,
                      const std::function<void(std::int64_t rows)>& progress);

}  // namespace dyce
