#include "graph/exits/exits.h"

#include "graph/exits/head_nodes.h"
#include "runtime/core/index.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace dyce {
namespace {

// The only value that nodes outside of the backbone read for `output`; none when they read several.
std::optional<ValueId> find_source(const HeadNodes& nodes, int output) {
    const auto sources = nodes.sources(nodes.needed_by(output));
    if (sources.size() != 1) return {};
    return *sources.begin();
}

}  // namespace

const char* name_of(HeadRole role) {
    switch (role) {
        case HeadRole::kFeed: return "feed";
        case HeadRole::kGate: return "gate";
        case HeadRole::kExit: break;
    }
    return "exit";
}

ExitTable find_exits(const Graph& graph, const std::vector<std::string>& site_names) {
    return find_exits_at(graph, site_names.empty() ? find_sites(graph) : find_sites(graph, site_names));
}

ExitTable find_exits_at(const Graph& graph, std::vector<Site> sites) {
    ExitTable exits;
    exits.sites = std::move(sites);
    const auto types = infer_types(graph);
    const auto elements = [&](ValueId id) { return types[index(id)].shape.elements(); };
    const HeadNodes nodes(graph, exits.heads);
    for (int output = 1; output < static_cast<int>(graph.outputs.size()); ++output) {
        const ValueId logits = graph.outputs[index(output)];
        const auto source = find_source(nodes, output);
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

std::vector<ExitSite> list_sites(const std::vector<ExitNetwork>& members) {
    std::vector<ExitSite> positions;
    for (std::size_t m = 0; m < members.size(); ++m) {
        const ExitNetwork& member = members[m];
        const std::vector<ExitHead>& heads = member.exits->heads;
        std::int64_t feeds = 0;
        std::size_t head = 0;
        for (std::size_t s = 0; s < member.exits->sites.size(); ++s) {
            const Site& site = member.exits->sites[s];
            ExitSite position{static_cast<int>(m), static_cast<int>(s), site.name, 0, {},
                              site.layout,         site.tokens};
            for (; head < heads.size() && index(heads[head].site) == s; ++head) {
                feeds += heads[head].feed_macs;
                if (heads[head].role == HeadRole::kExit)
                    position.heads.push_back({heads[head].type, heads[head].macs, static_cast<int>(head)});
                if (heads[head].role == HeadRole::kGate)
                    position.gate = {static_cast<int>(head), heads[head].macs,
                                     member.exits->sites[s + 1].macs - site.macs, member.gate_threshold};
            }
            position.macs = site.macs + feeds;
            positions.push_back(std::move(position));
        }
        const bool is_last = m + 1 == members.size();
        positions.push_back({static_cast<int>(m),
                             -1,
                             member.graph->value(member.graph->outputs[0]).name,
                             member.macs + feeds,
                             {{is_last ? kFinalType : kClassifierType, 0, -1}}});
    }
    return positions;
}

}  // namespace dyce
