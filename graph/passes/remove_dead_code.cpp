// Before: nodes and values that no output of the graph needs.
// After:  none; ids are renumbered, order and names stay.
// Conditions: inputs of the graph stay, read or not: they are its interface.
#include "graph/passes/passes.h"

#include <algorithm>

namespace dyce {
namespace {

std::vector<bool> find_needed(const Graph& graph) {
    std::vector<bool> needed(graph.values.size(), false);
    const auto need = [&](ValueId id) { needed[static_cast<std::size_t>(id)] = true; };
    const auto is_needed = [&](ValueId id) { return needed[static_cast<std::size_t>(id)]; };
    for (ValueId id : graph.outputs) need(id);
    for (auto node = graph.nodes.rbegin(); node != graph.nodes.rend(); ++node) {
        if (std::none_of(node->outputs.begin(), node->outputs.end(), is_needed)) continue;
        for (ValueId id : node->outputs) need(id);
        for (ValueId id : node->inputs) need(id);
    }
    for (const GraphInput& input : graph.inputs) need(input.value);
    return needed;
}

}  // namespace

bool remove_dead_code(Graph& graph) {
    const std::vector<bool> needed = find_needed(graph);
    const std::size_t count = graph.values.size();
    std::vector<ValueId> renumbered(count, -1);
    ValueId next = 0;
    for (std::size_t id = 0; id < count; ++id) {
        if (!needed[id]) continue;
        renumbered[id] = next;
        if (static_cast<std::size_t>(next) != id)
            graph.values[static_cast<std::size_t>(next)] = std::move(graph.values[id]);
        ++next;
    }
    graph.values.resize(static_cast<std::size_t>(next));
    const auto erased = std::erase_if(graph.nodes, [&](const Node& node) {
        return !needed[static_cast<std::size_t>(node.outputs.front())];
    });

    const auto renumber = [&](ValueId& id) { id = renumbered[static_cast<std::size_t>(id)]; };
    for (Node& node : graph.nodes) {
        std::for_each(node.inputs.begin(), node.inputs.end(), renumber);
        std::for_each(node.outputs.begin(), node.outputs.end(), renumber);
    }
    for (GraphInput& input : graph.inputs) renumber(input.value);
    std::for_each(graph.outputs.begin(), graph.outputs.end(), renumber);
    return erased > 0 || graph.values.size() != count;
}

}  // namespace dyce
