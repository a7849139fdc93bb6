#include "graph/exits/backbone_values.h"

#include "runtime/core/index.h"

#include <algorithm>

namespace dyce {

BackboneValues::BackboneValues(const Graph& graph)
    : graph_(graph),
      types_(infer_types(graph)),
      makers_(graph.values.size(), -1),
      macs_(graph.values.size(), 0),
      alive_(graph.values.size(), 0),
      readers_(graph.values.size()),
      feeds_head_(graph.values.size(), false) {
    const auto node_macs = macs_by_node(graph);
    const auto in_backbone = find_needed_nodes(graph, graph.outputs.front());
    for (std::size_t n = 0; n < graph.nodes.size(); ++n)
        for (const ValueId id : graph.nodes[n].inputs) {
            if (!in_backbone[n])
                feeds_head_[index(id)] = true;
            else if (!graph.value(id).constant)
                readers_[index(id)].push_back(static_cast<NodeId>(n));
        }

    std::vector<std::size_t> unread(graph.values.size());
    for (std::size_t v = 0; v < unread.size(); ++v) unread[v] = readers_[v].size();
    ++unread[index(graph.outputs.front())];
    int alive = 0;
    for (const GraphInput& input : graph.inputs) alive += unread[index(input.value)] > 0;
    std::int64_t macs = 0;
    for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
        if (!in_backbone[n]) continue;
        const Node& node = graph.nodes[n];
        macs += node_macs[n];
        for (const ValueId id : node.inputs)
            if (!graph.value(id).constant && --unread[index(id)] == 0) --alive;
        for (const ValueId id : node.outputs) alive += unread[index(id)] > 0;
        for (const ValueId id : node.outputs) {
            made_.push_back(id);
            makers_[index(id)] = static_cast<NodeId>(n);
            macs_[index(id)] = macs;
            alive_[index(id)] = alive;
        }
    }
}

const Shape& BackboneValues::shape(ValueId value) const { return types_[index(value)].shape; }
std::int64_t BackboneValues::macs(ValueId value) const { return macs_[index(value)]; }
int BackboneValues::alive(ValueId value) const { return alive_[index(value)]; }
NodeId BackboneValues::maker(ValueId value) const { return makers_[index(value)]; }
const std::vector<NodeId>& BackboneValues::readers(ValueId value) const { return readers_[index(value)]; }
bool BackboneValues::feeds_head(ValueId value) const { return feeds_head_[index(value)]; }

bool BackboneValues::is_join(ValueId value) const {
    if (maker(value) < 0) return false;
    const Node& node = graph_.nodes[index(maker(value))];
    if (node.spec->name != "Add" && node.spec->name != "Concat") return false;
    const auto computed = std::count_if(node.inputs.begin(), node.inputs.end(),
                                        [&](ValueId id) { return !graph_.value(id).constant; });
    return computed > 1;
}

const Node* BackboneValues::only_reader(ValueId value) const {
    if (readers(value).size() != 1 || value == graph_.outputs.front() || feeds_head(value)) return nullptr;
    return &graph_.nodes[index(readers(value).front())];
}

ValueId BackboneValues::activation_after(ValueId value) const {
    const Node* reader = only_reader(value);
    return reader != nullptr && reader->spec->eltwise != nullptr ? reader->outputs[0] : -1;
}

}  // namespace dyce
