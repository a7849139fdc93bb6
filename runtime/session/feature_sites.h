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
    /// The mean over all positions - of tokens: of the patches - for each channel of the site's own value, which is the first of `values`.
    SiteFeatures pooled(int site, std::span<const ValueRows> values) const;

private:
    std::vector<bool> wanted_;              ///< by site; empty = none
    std::vector<SiteLayout> layouts_ = {};  ///< by site
    std::vector<SiteTokens> tokens_ = {};   ///< by site
};

}  // namespace dyce
