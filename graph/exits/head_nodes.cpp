#include "graph/exits/head_nodes.h"

#include "runtime/core/index.h"

namespace dyce {

// Nodes that a head shares with the one before it make the values that it reads of it. Chains go back, so the
// first head that a node belongs to has the smallest index.
HeadNodes::HeadNodes(const Graph& graph, const std::vector<ExitHead>& heads)
    : graph_(graph),
      heads_(heads),
      backbone_(find_needed_nodes(graph, graph.outputs[0])),
      feeds_(graph.nodes.size(), -1) {
    for (const ExitHead& head : heads) {
        if (head.chain < 0) continue;
        const auto mine = needed_by(head.output), before = needed_by(heads[index(head.chain)].output);
        for (std::size_t n = 0; n < feeds_.size(); ++n)
            if (mine[n] && before[n] && (feeds_[n] < 0 || head.chain < feeds_[n])) feeds_[n] = head.chain;
    }
}

std::vector<bool> HeadNodes::needed_by(int output) const {
    auto nodes = find_needed_nodes(graph_, graph_.outputs[index(output)]);
    for (std::size_t n = 0; n < nodes.size(); ++n) nodes[n] = nodes[n] && !backbone_[n];
    return nodes;
}

std::vector<bool> HeadNodes::own(std::size_t head) const {
    auto nodes = needed_by(heads_[head].output);
    for (std::size_t n = 0; n < nodes.size(); ++n)
        if (feeds_[n] >= 0 && heads_[index(feeds_[n])].site <= heads_[head].site) nodes[n] = false;
    return nodes;
}

std::set<ValueId> HeadNodes::sources(const std::vector<bool>& nodes) const {
    std::set<ValueId> values;
    for (std::size_t n = 0; n < nodes.size(); ++n)
        if (nodes[n])
            for (ValueId id : graph_.nodes[n].inputs)
                if (!graph_.value(id).constant) values.insert(id);
    for (std::size_t n = 0; n < nodes.size(); ++n)
        if (nodes[n])
            for (ValueId id : graph_.nodes[n].outputs) values.erase(id);
    return values;
}

}  // namespace dyce
