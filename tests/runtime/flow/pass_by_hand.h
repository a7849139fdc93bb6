// What a network with gates computes of one image, by the interpreter.
#pragma once

#include "graph/interpreter.h"
#include "runtime/core/index.h"
#include "tests/graph/exits/gated_net.h"
#include "tests/runtime/flow/exit_runner.h"

#include <cmath>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace dyce::test {

/// What becomes of one image in one member, worked out node by node: no loop, no stages.
class PassByHand {
public:
    PassByHand(const ExitNet& net, const std::vector<float>& image, double tau)
        : net_(net), tau_(tau), macs_(macs_by_node(net.graph)), values_(net.graph.values.size()) {
        for (std::size_t v = 0; v < values_.size(); ++v) values_[v] = net.graph.values[v].constant;
        values_[index(net.graph.inputs[0].value)] = as_tensor(image);
        for (std::size_t site = 0; site < net.exits.sites.size(); ++site) {
            run(needed_for(net.exits.sites[site].value));
            for (const ExitHead& head : net.exits.heads)
                if (head.role == HeadRole::kGate && index(head.site) == site && tau > 0) pass_gate(head);
        }
        run(std::vector<bool>(net.graph.nodes.size(), true));
    }

    std::vector<int> skipped;  ///< sites
    /// By gates and by what was skipped before site `site` was reached.
    std::int64_t paid_extra(int site) const {
        std::int64_t sum = 0;
        for (const auto& [at, macs] : extras_) sum += at < site ? macs : 0;
        return sum;
    }
    std::vector<float> output(int i) const {
        const Tensor& value = *values_[index(net_.graph.outputs[index(i)])];
        return {value.data<float>(), value.data<float>() + value.elements()};
    }

private:
    std::vector<bool> needed_for(ValueId value) const { return find_needed_nodes(net_.graph, value); }

    // Those that have not run; gives their multiply-adds.
    std::int64_t run(const std::vector<bool>& nodes) {
        std::int64_t sum = 0;
        for (std::size_t n = 0; n < nodes.size(); ++n) {
            const Node& node = net_.graph.nodes[n];
            if (!nodes[n] || values_[index(node.outputs[0])]) continue;
            std::vector<Tensor> inputs;
            for (const ValueId id : node.inputs) inputs.push_back(*values_[index(id)]);
            const auto outputs = interpret(node, inputs);
            for (std::size_t i = 0; i < outputs.size(); ++i) values_[index(node.outputs[i])] = outputs[i];
            sum += macs_[n];
        }
        return sum;
    }

    void pass_gate(const ExitHead& head) {
        bool skips = tau_ == 1;
        if (tau_ < 1) {
            extras_.push_back({head.site, run(needed_for(net_.graph.outputs[index(head.output)]))});
            const std::vector<float> z = output(head.output);
            skips = 1 / (1 + std::exp(static_cast<double>(z[0]) - static_cast<double>(z[1]))) < tau_;
        }
        if (!skips) return;
        const ValueId here = net_.exits.sites[index(head.site)].value;
        const ValueId next = net_.exits.sites[index(head.site) + 1].value;
        const auto before = needed_for(here), behind = needed_for(next);
        std::int64_t saved = 0;
        for (std::size_t n = 0; n < behind.size(); ++n)
            if (behind[n] && !before[n]) {
                values_[index(net_.graph.nodes[n].outputs[0])] = values_[index(here)];  // never to run
                saved += macs_[n];
            }
        extras_.push_back({head.site, -saved});
        skipped.push_back(head.site + 1);
    }

    const ExitNet& net_;
    double tau_;
    std::vector<std::int64_t> macs_;
    std::vector<std::optional<Tensor>> values_;         // by id
    std::vector<std::pair<int, std::int64_t>> extras_;  // multiply-adds, by site
};

}  // namespace dyce::test
