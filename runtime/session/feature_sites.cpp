#include "runtime/session/feature_sites.h"

#include <dyce/error.h>

#include <numeric>
#include <string>

namespace dyce {

FeatureSites::FeatureSites(const std::vector<int>& sites, const std::vector<ExitSite>& positions) {
    const std::size_t count = positions.size() - 1;
    for (const int site : sites) {
        const auto refuse = [&](const std::string& message) {
            throw Error(ErrorCode::kUsage, "features", "site " + std::to_string(site) + " " + message);
        };
        if (site < 0 || index(site) >= count)
            refuse("given, the model has " + std::to_string(count) + " sites");
        if (positions[index(site)].site < 0) refuse("is the classifier of a member, expected a feature map");
        if (positions[index(site)].heads.empty()) refuse("has no head: no stage ends there");
        wanted_.resize(count);
        if (wanted_[index(site)]) refuse("is given twice");
        wanted_[index(site)] = true;
    }
}

SiteFeatures pooled_features(int site, std::span<const ValueRows> values) {
    const ValueRows& map = values.front();
    const auto channels = static_cast<std::size_t>(map.value->row[0]);
    const std::size_t positions = map.numbers.size() / channels;
    SiteFeatures features{site, std::vector<float>(channels)};
    for (std::size_t c = 0; c < channels; ++c) {
        const auto channel = map.numbers.subspan(c * positions, positions);
        const double sum = std::accumulate(channel.begin(), channel.end(), 0.0);
        features.values[c] = static_cast<float>(sum / static_cast<double>(positions));
    }
    return features;
}

}  // namespace dyce
