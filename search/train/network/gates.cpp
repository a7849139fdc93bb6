#include "search/train/network/gates.h"

#include "graph/exits/gates.h"
#include "graph/exits/head_nodes.h"
#include "runtime/core/index.h"
#include "search/train/backward/gate.h"

#include <dyce/error.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <numeric>

namespace dyce {
namespace {

// Puts nodes into the order in which they can run once gates decide.
class GatedGraphBuilder {
public:
    GatedGraphBuilder(const Member& member, bool noisy)
        : exits_(member.exits), graph_(member.graph), heads_(member.graph, member.exits.heads) {
        std::vector<bool> is_asked(graph_.nodes.size());
        for (const ExitHead& head : exits_.heads) {
            if (!is_gate(head)) continue;
            const auto nodes = heads_.needed_by(head.output);
            for (std::size_t n = 0; n < nodes.size(); ++n) is_asked[n] = is_asked[n] || nodes[n];
        }
        if (noisy) add_noise();
        for (std::size_t n = 0; n < is_asked.size(); ++n)
            if (!is_asked[n]) push(graph_.nodes[n]);
    }

    Graph build() && {
        graph_.nodes = std::move(nodes_);
        for (ValueId& output : graph_.outputs) output = seen(output);
        return std::move(graph_);
    }

private:
    void add_noise() {
        noise_ = graph_.add_value(kGateNoise);
        const auto gates = std::count_if(exits_.heads.begin(), exits_.heads.end(), is_gate);
        graph_.inputs.push_back({noise_, {DataType::kFloat32, {1, gates}}});
    }

    ValueId seen(ValueId id) const {
        const auto found = gated_.find(id);
        return found == gated_.end() ? id : found->second;
    }

    // A node, and what has to stand behind it.
    void push(Node node) {
        for (ValueId& input : node.inputs) input = seen(input);
        nodes_.push_back(node);
        for (std::size_t s = 0; s < exits_.sites.size(); ++s)
            if (node.outputs[0] == exits_.sites[s].value) end_stage(static_cast<int>(s));
    }

    void end_stage(int site) {
        std::int64_t column = 0;
        for (const ExitHead& head : exits_.heads) {
            if (is_gate(head) && head.skips == site) push_choice(head, column);
            column += is_gate(head) ? 1 : 0;
        }
        for (const ExitHead& head : exits_.heads) {
            if (!is_gate(head) || head.site != site) continue;
            const auto nodes = heads_.needed_by(head.output);
            for (std::size_t n = 0; n < nodes.size(); ++n)
                if (nodes[n]) push(graph_.nodes[n]);
        }
    }

    void push_choice(const ExitHead& head, std::int64_t column) {
        const ValueId run = exits_.sites[index(head.skips)].value;
        Node node;
        node.spec = &gate_op();
        node.name = graph_.value(run).name + ".gated";
        node.inputs = {seen(exits_.sites[index(head.site)].value), run, graph_.outputs[index(head.output)]};
        if (noise_ >= 0) {
            node.inputs.push_back(noise_);
            node.attributes.set("column", column);
        }
        node.outputs = {graph_.add_value(node.name)};
        gated_[run] = node.outputs[0];
        nodes_.push_back(std::move(node));
    }

    const ExitTable& exits_;
    Graph graph_;
    const HeadNodes heads_;  // of the member's own graph
    std::vector<Node> nodes_;
    std::map<ValueId, ValueId> gated_;  // what others read instead
    ValueId noise_ = -1;
};

}  // namespace

double GatedCost::of_network(double share_of_gated) const {
    return (whole - gated + asked + share_of_gated * gated) / whole;
}

double GatedCost::of_gated(double share_of_network) const {
    const double least = of_network(0);
    if (share_of_network <= least) {
        char text[128];
        std::snprintf(text, sizeof text, "%g given, but %.4g of the %s run with all gates shut",
                      share_of_network, least, unit);
        throw Error(ErrorCode::kUsage, "--target", text);
    }
    return std::min(1.0, (share_of_network - least) * whole / gated);
}

GatedCost gated_cost(const Member& member, std::span<const double> measured) {
    GatedCost cost;
    const auto macs = macs_by_node(member.graph);
    const auto backbone = find_needed_nodes(member.graph, member.graph.outputs[0]);
    for (std::size_t n = 0; n < macs.size(); ++n)
        cost.whole += backbone[n] ? static_cast<double>(macs[n]) : 0;
    const bool is_measured = !measured.empty();
    if (is_measured) {
        cost.whole = std::accumulate(measured.begin(), measured.end(), 0.0);
        cost.unit = "measured cost";
    }
    const std::vector<Site>& sites = member.exits.sites;
    for (const ExitHead& head : member.exits.heads) {
        if (!is_gate(head)) continue;
        const double stage =
            is_measured ? measured[index(head.skips)]
                        : static_cast<double>(sites[index(head.skips)].macs - sites[index(head.site)].macs);
        cost.gates.push_back({head.output, stage});
        cost.gated += stage;
        cost.asked += is_measured ? 0 : static_cast<double>(head.macs);
    }
    for (TrainedGate& gate : cost.gates) gate.share /= cost.gated;
    return cost;
}

double share_run(const GatedCost& cost, std::span<const double> open) {
    double run = 0;
    for (const TrainedGate& gate : cost.gates) run += gate.share * open[index(gate.output)];
    return cost.of_network(run);
}

Graph gated_graph(const Member& member, bool noisy) { return GatedGraphBuilder(member, noisy).build(); }

Graph rate_factors(const Member& member) {
    Graph factors = member.graph;
    const auto fill = [&](Value& value, float factor) {
        Tensor tensor(DataType::kFloat32, value.constant->shape());
        std::fill_n(tensor.mutable_data<float>(), tensor.elements(), factor);
        value.constant = std::move(tensor);
    };
    for (Value& value : factors.values)
        if (value.constant) fill(value, 1);
    const HeadNodes heads(member.graph, member.exits.heads);
    for (const ExitHead& head : member.exits.heads) {
        if (!is_gate(head)) continue;
        const auto nodes = heads.needed_by(head.output);
        for (std::size_t n = 0; n < nodes.size(); ++n)
            for (const ValueId id : factors.nodes[n].inputs)
                if (nodes[n] && factors.value(id).constant) fill(factors.value(id), kGateRateFactor);
    }
    return factors;
}

}  // namespace dyce
