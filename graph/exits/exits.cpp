#include "graph/exits/exits.h"

#include "runtime/core/index.h"

#include <dyce/error.h>

#include <algorithm>
#include <optional>
#include <set>

namespace dyce {
namespace {

constexpr std::size_t kMaxTypesPerSite = 32;
constexpr std::size_t kMaxSites = 256;

// The values that a head reads from outside itself.
std::set<ValueId> find_sources(const Graph& graph, const std::vector<bool>& head_nodes) {
    std::set<ValueId> sources;
    for (std::size_t n = 0; n < graph.nodes.size(); ++n)
        if (head_nodes[n])
            for (ValueId id : graph.nodes[n].inputs)
                if (!graph.value(id).constant) sources.insert(id);
    for (std::size_t n = 0; n < graph.nodes.size(); ++n)
        if (head_nodes[n])
            for (ValueId id : graph.nodes[n].outputs) sources.erase(id);
    return sources;
}

// The only value that the head of `output` reads; none when it reads several.
std::optional<ValueId> find_source(const Graph& graph, int output) {
    const auto sources = find_sources(graph, find_head_nodes(graph, output));
    if (sources.size() != 1) return {};
    return *sources.begin();
}

[[noreturn]] void fail(const ExitHead& head, const std::string& message) {
    throw Error(ErrorCode::kContent, "exit " + std::to_string(head.site) + ":" + head.type, message);
}

void check_head(const Graph& graph, const ExitTable& exits, const ExitHead& head,
                const std::vector<TensorType>& types) {
    if (head.type.empty()) fail(head, "its type has no name");
    if (head.site < 0 || index(head.site) >= exits.sites.size())
        fail(head, "expected a site of 0 to " + std::to_string(exits.sites.size()) + " (left out)");
    if (head.output < 1 || index(head.output) >= graph.outputs.size())
        fail(head, "its logits are not an output of the graph besides the first");
    const TensorType& type = types[index(graph.outputs[index(head.output)])];
    const TensorType& logits = types[index(graph.outputs[0])];
    if (type.dtype != logits.dtype || type.shape.elements() != logits.shape.elements())
        fail(head, std::string("makes ") + name_of(type.dtype) + " " + type.shape.to_string() +
                       ", expected what the classifier makes: " + logits.shape.to_string());
    if (find_source(graph, head.output) != exits.sites[index(head.site)].value)
        fail(head, "reads something else than its site \"" + exits.sites[index(head.site)].name + "\"");
}

void check_limits(const ExitTable& exits) {
    if (exits.sites.size() > kMaxSites)
        throw Error(ErrorCode::kResource, "exit sites",
                    std::to_string(exits.sites.size()) + " sites, the limit is " + std::to_string(kMaxSites));
    for (std::size_t i = 0; i < exits.heads.size(); ++i) {
        const ExitHead& head = exits.heads[i];
        if (i > 0 && head.site < exits.heads[i - 1].site) fail(head, "expected heads in the order of sites");
        const auto same_site = [&](const ExitHead& other) { return other.site == head.site; };
        const auto same_type = [&](const ExitHead& other) {
            return same_site(other) && other.type == head.type;
        };
        if (std::count_if(exits.heads.begin(), exits.heads.end(), same_type) > 1)
            fail(head, "is there twice");
        if (std::count_if(exits.heads.begin(), exits.heads.end(), same_site) >
            static_cast<std::ptrdiff_t>(kMaxTypesPerSite))
            throw Error(ErrorCode::kResource, "exit site " + std::to_string(head.site),
                        "more than " + std::to_string(kMaxTypesPerSite) + " types");
    }
}

}  // namespace

std::vector<bool> find_head_nodes(const Graph& graph, int output) {
    auto nodes = find_needed_nodes(graph, graph.outputs[index(output)]);
    const auto backbone = find_needed_nodes(graph, graph.outputs[0]);
    for (std::size_t n = 0; n < nodes.size(); ++n) nodes[n] = nodes[n] && !backbone[n];
    return nodes;
}

ExitTable find_exits(const Graph& graph, const std::vector<std::string>& site_names) {
    ExitTable exits;
    exits.sites = site_names.empty() ? find_sites(graph) : find_sites(graph, site_names);
    const auto types = infer_types(graph);
    const auto elements = [&](ValueId id) { return types[index(id)].shape.elements(); };
    for (int output = 1; output < static_cast<int>(graph.outputs.size()); ++output) {
        const ValueId logits = graph.outputs[index(output)];
        const auto source = find_source(graph, output);
        const auto site = std::find_if(exits.sites.begin(), exits.sites.end(),
                                       [&](const Site& other) { return other.value == source; });
        if (site == exits.sites.end() || elements(logits) != elements(graph.outputs[0])) continue;
        exits.heads.push_back(
            {static_cast<int>(site - exits.sites.begin()), graph.value(logits).name, output, 0});
    }
    std::stable_sort(exits.heads.begin(), exits.heads.end(),
                     [](const ExitHead& a, const ExitHead& b) { return a.site < b.site; });
    complete_heads(graph, exits);
    return exits;
}

void complete_heads(const Graph& graph, ExitTable& exits) {
    check_limits(exits);
    const auto types = infer_types(graph);
    const auto macs = macs_by_node(graph);
    for (ExitHead& head : exits.heads) {
        check_head(graph, exits, head, types);
        const auto nodes = find_head_nodes(graph, head.output);
        head.macs = 0;
        for (std::size_t n = 0; n < nodes.size(); ++n)
            if (nodes[n]) head.macs += macs[n];
    }
}

std::vector<ExitSite> list_sites(const std::vector<ExitNetwork>& members) {
    std::vector<ExitSite> positions;
    for (std::size_t m = 0; m < members.size(); ++m) {
        const ExitNetwork& member = members[m];
        const auto first = positions.size();
        for (std::size_t s = 0; s < member.exits->sites.size(); ++s) {
            const Site& site = member.exits->sites[s];
            positions.push_back({static_cast<int>(m), static_cast<int>(s), site.name, site.macs, {}});
        }
        int number = 0;
        for (const ExitHead& head : member.exits->heads)
            positions[first + index(head.site)].heads.push_back({head.type, head.macs, number++});
        const bool is_last = m + 1 == members.size();
        positions.push_back({static_cast<int>(m),
                             -1,
                             member.graph->value(member.graph->outputs[0]).name,
                             member.macs,
                             {{is_last ? kFinalType : kClassifierType, 0, -1}}});
    }
    return positions;
}

}  // namespace dyce
