#include "graph/exits/drop_stages.h"

#include "graph/exits/skippable.h"
#include "graph/passes/passes.h"
#include "runtime/core/index.h"

#include <dyce/error.h>

#include <algorithm>

namespace dyce {
namespace {

void check_stages(const Graph& graph, const ExitTable& exits, const std::vector<int>& stages) {
    const std::vector<std::string> problems = find_skip_problems(graph, exits.sites);
    for (const int stage : stages) {
        const auto fail = [&](const std::string& why) {
            throw Error(ErrorCode::kUsage, "block " + std::to_string(stage), why);
        };
        if (stage < 0 || index(stage) >= problems.size())
            fail("does not exist: the network has " + std::to_string(problems.size()) +
                 ", one for each site, numbered from 0");
        if (std::count(stages.begin(), stages.end(), stage) > 1) fail("is there twice");
        if (!problems[index(stage)].empty()) fail("cannot be dropped: it " + problems[index(stage)]);
    }
}

}  // namespace

void drop_stages(Graph& graph, ExitTable& exits, const std::vector<int>& stages) {
    check_stages(graph, exits, stages);
    graph.outputs.resize(1);
    exits.heads.clear();
    std::vector<ValueId> instead(graph.values.size());
    for (std::size_t v = 0; v < instead.size(); ++v) instead[v] = static_cast<ValueId>(v);
    std::vector<Site> left;
    for (std::size_t b = 0; b < exits.sites.size(); ++b)
        if (std::count(stages.begin(), stages.end(), static_cast<int>(b)) > 0)
            instead[index(exits.sites[b].value)] = instead[index(exits.sites[b - 1].value)];
        else
            left.push_back(exits.sites[b]);
    for (Node& node : graph.nodes)
        for (ValueId& input : node.inputs) input = instead[index(input)];
    graph.outputs[0] = instead[index(graph.outputs[0])];
    remove_dead_code(graph);
    exits.sites = find_again(graph, left);
}

}  // namespace dyce
