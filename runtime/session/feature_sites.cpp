#include "runtime/session/feature_sites.h"

#include <dyce/error.h>

#include <string>

namespace dyce {

FeatureSites::FeatureSites(const std::vector<int>& sites, const std::vector<ExitSite>& positions) {
    const std::size_t count = positions.size() - 1;
    for (const ExitSite& position : positions) {
        layouts_.push_back(position.layout);
        tokens_.push_back(position.tokens);
    }
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

SiteFeatures FeatureSites::pooled(int site, std::span<const ValueRows> values) const {
    const SiteLayout layout = layouts_[index(site)];
    const auto& [value, numbers] = values.front();
    Shape row{1};
    for (const std::int64_t dim : value->row) row.push_back(dim);
    const auto channels = static_cast<std::size_t>(map_of(row, layout, {}).channels);
    const std::size_t positions = numbers.size() / channels;
    const auto first = static_cast<std::size_t>(tokens_[index(site)].prefix);
    const bool is_map = layout == SiteLayout::kChannelsFirst;  // else a position's channels lie together
    SiteFeatures features{site, std::vector<float>(channels)};
    for (std::size_t c = 0; c < channels; ++c) {
        double sum = 0;
        for (std::size_t p = first; p < positions; ++p)
            sum += static_cast<double>(numbers[is_map ? c * positions + p : p * channels + c]);
        features.values[c] = static_cast<float>(sum / static_cast<double>(positions - first));
    }
    return features;
}

}  // namespace dyce
