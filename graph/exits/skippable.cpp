#include "graph/exits/skippable.h"

#include "graph/exits/backbone_values.h"
#include "runtime/core/index.h"

#include <algorithm>
#include <map>

namespace dyce {
namespace {

const Node* node_that_makes(const BackboneValues& values, ValueId value) {
    return values.maker(value) < 0 ? nullptr : &values.graph().nodes[index(values.maker(value))];
}

bool is_made_by_relu(const BackboneValues& values, ValueId value) {
    const Node* node = node_that_makes(values, value);
    return node != nullptr && node->spec->name == "Relu";
}

// Whether one way, and no other, leads from `from` to `to` on which nothing happens but that something computed is
// added.
bool is_added_to_once(const BackboneValues& values, ValueId from, ValueId to) {
    std::map<ValueId, int> ways = {{from, 1}};  // to what sums made so far; more than two count as two
    for (NodeId n = values.maker(from) + 1; n <= values.maker(to); ++n) {
        const Node& node = values.graph().nodes[index(n)];
        if (node.spec->name != "Add" || !values.is_join(node.outputs[0])) continue;
        int sum = 0;
        for (const ValueId input : node.inputs)
            if (const auto found = ways.find(input); found != ways.end()) sum += found->second;
        if (sum > 0) ways[node.outputs[0]] = std::min(sum, 2);
    }
    const auto found = ways.find(to);
    return found != ways.end() && found->second == 1;
}

std::string skip_problem(const BackboneValues& values, const Site& from, const Site& to, std::size_t number) {
    const std::string before = "the value of site " + std::to_string(number);
    if (values.shape(from.value) != values.shape(to.value))
        return "is " + values.shape(to.value).to_string() + ", but " + before + " is " +
               values.shape(from.value).to_string();
    for (const Site& site : {from, to})
        if (values.alive(site.value) > 1)
            return "has other values beside it, or beside site " + std::to_string(number);
    ValueId sum = to.value;
    if (is_made_by_relu(values, sum)) {
        sum = node_that_makes(values, sum)->inputs[0];
        if (!is_made_by_relu(values, from.value))
            return "ends with a ReLU, but " + before + " may be below 0";
    }
    if (!is_added_to_once(values, from.value, sum))
        return "is not the sum of " + before + " and something else";
    return "";
}

}  // namespace

std::vector<std::string> find_skip_problems(const Graph& graph, const std::vector<Site>& sites) {
    const BackboneValues values(graph);
    std::vector<std::string> problems;
    for (std::size_t b = 0; b < sites.size(); ++b)
        problems.push_back(b == 0 ? "is the first: there is nothing to go on with instead"
                                  : skip_problem(values, sites[b - 1], sites[b], b - 1));
    return problems;
}

std::vector<bool> skippable(const Graph& graph, const std::vector<Site>& sites) {
    std::vector<bool> result;
    for (const std::string& problem : find_skip_problems(graph, sites)) result.push_back(problem.empty());
    return result;
}

}  // namespace dyce
