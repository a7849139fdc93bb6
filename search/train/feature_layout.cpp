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

// What is pooled there.
ValueId append_block(Graph& graph, const Site& site, const std::vector<TensorType>& types,
                     const FeatureBlock& block) {
    const std::string name = "features." + std::to_string(block.site) + "." + name_of(block);
    if (block.class_token) return append_class_token(graph, site.value, name);
    const ValueId map = append_map(graph, site.value, shape_of(types, site), site.layout, site.tokens, name);
    const ValueId pooled = graph.add_value(name);
    graph.nodes.push_back({find_op("AdaptiveAveragePool", "dyce"),
                           name,
                           {{"output_size", std::vector<std::int64_t>{block.grid, block.grid}}},
                           {map},
                           {pooled},
                           {}});
    return pooled;
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

FeatureNetwork make_feature_network(const Graph& graph, const ExitTable& exits, const FeatureLayout& layout,
                                    double gate_threshold) {
    const auto types = infer_types(graph);
    FeatureNetwork result{graph, {exits.sites, {}}, gate_threshold};
    result.graph.outputs.resize(1);
    for (const FeatureBlock& block : layout.blocks)
        result.graph.outputs.push_back(
            append_block(result.graph, exits.sites[static_cast<std::size_t>(block.site)], types, block));
    std::vector<ExitHead>& heads = result.exits.heads;
    for (const ExitHead& head : exits.heads) {
        if (head.role != HeadRole::kGate) continue;
        heads.push_back(head);
        heads.back().output = static_cast<int>(result.graph.outputs.size());
        result.graph.outputs.push_back(graph.outputs[static_cast<std::size_t>(head.output)]);
    }
    for (std::size_t b = 0; !heads.empty() && b < layout.blocks.size(); ++b)
        heads.push_back({layout.blocks[b].site, name_of(layout.blocks[b]), static_cast<int>(b) + 1});
    std::stable_sort(heads.begin(), heads.end(),
                     [](const ExitHead& one, const ExitHead& other) { return one.site < other.site; });
    remove_dead_code(result.graph);
    if (!heads.empty()) result.exits.sites = find_again(result.graph, exits.sites);
    return result;
}

}  // namespace dyce
