#include "search/train/feature_layout.h"

#include "graph/passes/passes.h"
#include "runtime/core/aligned.h"

#include <algorithm>
#include <map>
#include <set>

namespace dyce {
namespace {

constexpr int kClassToken = 0;  // among grids

std::string name_of(const FeatureBlock& block) {
    return block.class_token ? "cls" : std::to_string(block.grid);
}

// Whether the cells of `coarse` are made of whole cells of `fine`, all of one size.
bool follows(int coarse, int fine, const SiteMap& map) {
    return coarse == fine || (fine % coarse == 0 && map.height % fine == 0 && map.width % fine == 0);
}

const Shape& shape_of(const std::vector<TensorType>& types, const Site& site) {
    return types[static_cast<std::size_t>(site.value)].shape;
}

SiteMap map_at(const std::vector<TensorType>& types, const ExitTable& exits, int site) {
    const Site& place = exits.sites[static_cast<std::size_t>(site)];
    return map_of(shape_of(types, place), place.layout, place.tokens);
}

}  // namespace

std::size_t FeatureLayout::row_bytes() const {
    return align_up(static_cast<std::size_t>(classes) * sizeof(float) +
                    static_cast<std::size_t>(features) * sizeof(std::uint16_t));
}

std::string FeatureLayout::text() const {
    std::string text = std::to_string(classes);
    for (const FeatureBlock& block : blocks) text += " " + std::to_string(block.site) + ":" + name_of(block);
    return text;
}

FeatureLayout plan_features(const Graph& graph, const ExitTable& exits, const std::vector<HeadPlan>& heads) {
    const auto types = infer_types(graph);
    std::map<int, std::set<int, std::greater<>>> grids;  // by site, finest first; 0: the class token
    for (const HeadPlan& head : heads)
        grids[head.site].insert(head.type.class_token ? kClassToken : head.type.grid);

    FeatureLayout layout;
    layout.classes = types[static_cast<std::size_t>(graph.outputs[0])].shape.elements();
    for (const auto& [site, wanted] : grids) {
        const SiteMap map = map_at(types, exits, site);
        std::vector<int> kept;
        for (const int grid : wanted) {
            const bool is_token = grid == kClassToken;
            const auto covers = [&, grid = grid](int fine) { return follows(grid, fine, map); };
            if (!is_token && std::any_of(kept.begin(), kept.end(), covers)) continue;
            kept.push_back(grid);
            layout.blocks.push_back({site, is_token, is_token ? 1 : grid, map.channels, layout.features});
            layout.features += layout.blocks.back().size();
        }
    }
    return layout;
}

FeatureSource find_source(const FeatureLayout& layout, const Graph& graph, const ExitTable& exits,
                          const HeadPlan& head) {
    const SiteMap map = map_at(infer_types(graph), exits, head.site);
    const auto block = std::find_if(layout.blocks.begin(), layout.blocks.end(), [&](const FeatureBlock& b) {
        return b.site == head.site && b.class_token == head.type.class_token &&
               follows(head.type.grid, b.grid, map);
    });
    return {*block, block->grid / head.type.grid};
}

Graph make_feature_graph(const Graph& graph, const ExitTable& exits, const FeatureLayout& layout) {
    const auto types = infer_types(graph);
    Graph result = graph;
    result.outputs.resize(1);
    for (const FeatureBlock& block : layout.blocks) {
        const std::string name = "features." + std::to_string(block.site) + "." + name_of(block);
        const Site& site = exits.sites[static_cast<std::size_t>(block.site)];
        if (block.class_token) {
            result.outputs.push_back(append_class_token(result, site.value, name));
            continue;
        }
        const ValueId map =
            append_map(result, site.value, shape_of(types, site), site.layout, site.tokens, name);
        const ValueId pooled = result.add_value(name);
        result.nodes.push_back({find_op("AdaptiveAveragePool", "dyce"),
                                name,
                                {{"output_size", std::vector<std::int64_t>{block.grid, block.grid}}},
                                {map},
                                {pooled},
                                {}});
        result.outputs.push_back(pooled);
    }
    remove_dead_code(result);
    return result;
}

}  // namespace dyce
