// Which pooled features of a network training needs, and how a row of the cache holds them. Plain values.
#pragma once

#include "graph/exits/head_builder.h"

#include <cstddef>
#include <string>
#include <vector>

namespace dyce {

/// A head that is to be trained.
struct HeadPlan {
    int site = 0;
    HeadType type;
};

/// One pooled feature map, channels x grid x grid numbers, or the class token's channels.
struct FeatureBlock {
    int site = 0;
    bool class_token = false;
    int grid = 1;
    std::int64_t channels = 0;
    std::int64_t offset = 0;  ///< in the row's features

    std::int64_t size() const { return channels * grid * grid; }
};

/// A row: the network's logits in float32, then the blocks in bfloat16.
struct FeatureLayout {
    std::int64_t classes = 0;
    std::vector<FeatureBlock> blocks;
    std::int64_t features = 0;  ///< of all blocks

    /// A multiple of 64.
    std::size_t row_bytes() const;
    /// "10 0:4 1:4 1:cls", for digests.
    std::string text() const;
};

/// What a head reads: a block, or the averages of patch x patch of its cells.
struct FeatureSource {
    FeatureBlock block;
    int patch = 1;

    int grid() const { return block.grid / patch; }
    std::int64_t size() const { return block.channels * grid() * grid(); }
};

/// The fewest blocks that all heads can be read from exactly: a coarse grid follows from a finer one where
/// cells are of one size and do not straddle.
FeatureLayout plan_features(const Graph& graph, const ExitTable& exits, const std::vector<HeadPlan>& heads);

/// Where the head's features are. The layout was planned for it.
FeatureSource find_source(const FeatureLayout& layout, const Graph& graph, const ExitTable& exits,
                          const HeadPlan& head);

/// What makes the features.
struct FeatureNetwork {
    Graph graph;  ///< the network without its exit heads; outputs: the logits, then the blocks, then gates
    /// Where gates decide what runs: these and the blocks, as heads of their sites. Else without heads.
    ExitTable exits;
    double gate_threshold = kGateThreshold;
};

FeatureNetwork make_feature_network(const Graph& graph, const ExitTable& exits, const FeatureLayout& layout,
                                    double gate_threshold = kGateThreshold);

}  // namespace dyce
