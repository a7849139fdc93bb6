// Sites whose features answers bring along. Immutable.
#pragma once

#include "graph/exits/exits.h"
#include "runtime/core/index.h"
#include "runtime/flow/carried_values.h"

#include <dyce/session.h>

#include <span>
#include <vector>

namespace dyce {

class FeatureSites {
public:
    /// Throws Error{kUsage} when one of `sites` does not exist, is named twice, or has no head: no stage ends
    /// there.
    FeatureSites(const std::vector<int>& sites, const std::vector<ExitSite>& positions);

    bool contains(int site) const { return !wanted_.empty() && wanted_[index(site)]; }

private:
    std::vector<bool> wanted_;  ///< by site; empty = none
};

/// The mean over all positions for each channel of the feature map, which is the first of the values that live
/// at the site.
SiteFeatures pooled_features(int site, std::span<const ValueRows> values);

}  // namespace dyce
