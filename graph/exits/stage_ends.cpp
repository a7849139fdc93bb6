#include "graph/exits/stage_ends.h"

#include "runtime/core/index.h"

#include <algorithm>

namespace dyce {
namespace {

// Whether the node makes a map of fewer positions, but more than one.
bool shrinks(const BackboneValues& values, const Node& node) {
    const Shape &from = values.shape(node.inputs[0]), &to = values.shape(node.outputs[0]);
    return from.rank() == 4 && to.rank() == 4 && to[2] * to[3] < from[2] * from[3] && to[2] * to[3] > 1;
}

bool is_pool(const Node& node) {
    return node.spec->name == "MaxPool" || node.spec->name == "AveragePool" ||
           node.spec->name == "AdaptiveAveragePool";
}

// Whether the node leaves no map, or one position of it.
bool ends_maps(const BackboneValues& values, const Node& node) {
    const Shape &from = values.shape(node.inputs[0]), &to = values.shape(node.outputs[0]);
    return to.rank() != 4 || (to[2] * to[3] == 1 && from[2] * from[3] > 1);
}

bool ends_stage(const BackboneValues& values, ValueId value) {
    const auto& nodes = values.graph().nodes;
    const Shape& shape = values.shape(value);
    if (shape.rank() != 4 || values.alive(value) != 1 || values.macs(value) == 0 || shape[2] * shape[3] == 1)
        return false;
    const Node& maker = nodes[index(values.maker(value))];
    if (is_pool(maker) && shrinks(values, maker)) return true;
    const auto& readers = values.readers(value);
    return std::any_of(readers.begin(), readers.end(), [&](NodeId reader) {
        const Node& node = nodes[index(reader)];
        return ends_maps(values, node) || (!is_pool(node) && shrinks(values, node));
    });
}

}  // namespace

std::vector<Site> find_stage_ends(const BackboneValues& values) {
    std::vector<Site> sites;
    for (const ValueId value : values.made()) {
        if (!ends_stage(values, value)) continue;
        Site site = site_at(values, value);
        if (!sites.empty() && sites.back().macs == site.macs) sites.pop_back();
        sites.push_back(std::move(site));
    }
    return sites;
}

}  // namespace dyce
