#include "search/compress/short_names.h"

#include <algorithm>
#include <set>
#include <string>

namespace dyce {
namespace {

// 0, 1, .., 9, a, .., z, 00, 01, ..
std::string short_name(std::size_t number) {
    constexpr std::string_view kDigits = "0123456789abcdefghijklmnopqrstuvwxyz";
    std::string name;
    for (++number; number > 0; number = (number - 1) / kDigits.size())
        name.insert(name.begin(), kDigits[(number - 1) % kDigits.size()]);
    return name;
}

void drop_defaults(Node& node) {
    if (node.spec->name != "Conv") return;
    Attributes kept;
    for (const auto& [name, value] : node.attributes) {
        const auto* numbers = std::get_if<std::vector<std::int64_t>>(&value);
        const auto all = [&](std::int64_t one) {
            return numbers != nullptr &&
                   std::all_of(numbers->begin(), numbers->end(), [one](std::int64_t n) { return n == one; });
        };
        const bool is_implied =
            name == "kernel_shape" || ((name == "dilations" || name == "strides") && all(1)) ||
            (name == "pads" && all(0)) || (name == "group" && value == AttributeValue(std::int64_t{1}));
        if (!is_implied) kept.set(name, value);
    }
    node.attributes = kept;
}

}  // namespace

void shorten_names(Member& member) {
    Graph& graph = member.graph;
    std::vector<bool> stays(graph.values.size());
    const auto keep = [&](ValueId id) { stays[static_cast<std::size_t>(id)] = true; };
    for (const GraphInput& input : graph.inputs) keep(input.value);
    for (const ValueId output : graph.outputs) keep(output);
    std::set<std::string> taken;
    for (std::size_t i = 0; i < graph.values.size(); ++i)
        if (stays[i]) taken.insert(graph.values[i].name);
    std::size_t next = 0;
    for (std::size_t i = 0; i < graph.values.size(); ++i) {
        if (stays[i]) continue;
        do graph.values[i].name = short_name(next++);
        while (taken.count(graph.values[i].name) != 0);
    }
    for (Node& node : graph.nodes) {
        node.name = graph.value(node.outputs[0]).name;
        drop_defaults(node);
    }
    for (Site& site : member.exits.sites) site.name = graph.value(site.value).name;
}

}  // namespace dyce
