// What the gates of a model are worth: how it fares when they do not look at the image, but open as often as they did.
#pragma once

#include "loaders/dataset/dataset.h"
#include "loaders/format/model_file.h"

#include <dyce/configuration.h>
#include <dyce/engine_options.h>

#include <cstdint>
#include <memory>
#include <vector>

namespace dyce {

/// By site through all members: with which probability its gate opens; ignored where there is none, and where tau is 0 or
/// 1.
using OpenRates = std::vector<double>;

struct CoinFigures {
    double accuracy = 0;
    double macs = 0;  ///< an image
};

/// For each of `choices`, over the images that can be read: gates that always run or skip at rates 1 and 0, and flip a
/// coin for every image in between. Which coins fall how depends on the seed, the choice and the image alone. Throws as
/// Session does.
std::vector<CoinFigures> flip_gates(const std::shared_ptr<const ModelData>& model,
                                    const Configuration& configuration, const EngineOptions& options,
                                    const Dataset& images, const std::vector<OpenRates>& choices,
                                    std::uint64_t seed);

}  // namespace dyce
