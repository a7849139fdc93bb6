// Covers check_heads.
// Gates in the table of heads: where they may stand, what they make, and how the stages lie around them.
#include "graph/exits/head_builder.h"
#include "graph/exits/interleave.h"
#include "graph/passes/passes.h"
#include "tests/graph/exits/gated_net.h"

#include <dyce/error.h>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <functional>

using namespace dyce;
using namespace dyce::test;

namespace {

ExitHead& gate_of(ExitNet& net, int site) {
    return *std::ranges::find_if(net.exits.heads, [&](const ExitHead& head) {
        return head.role == HeadRole::kGate && head.site == site;
    });
}

void check_refused(ExitNet net, const std::function<void(ExitNet&)>& spoil, const std::string& message) {
    CAPTURE(message);
    complete_heads(net.graph, net.exits);
    spoil(net);
    CHECK_THROWS_WITH_AS(complete_heads(net.graph, net.exits), doctest::Contains(message.c_str()), Error);
}

Tensor& constant_of(ExitNet& net, const std::string& name) {
    return *std::ranges::find(net.graph.values, name, &Value::name)->constant;
}

}  // namespace

TEST_CASE("gates: what they cost and save is told with the sites") {
    const ExitNet net = make_gated_net(3);
    const auto sites = gated_sites({net}, {0.25});
    const std::int64_t block = 2 * 8 * 8 * 9 * 64;  // two convolutions of 3x3, 8 to 8 channels, on 8x8
    for (int site = 0; site < 2; ++site) {
        const auto& gate = sites[static_cast<std::size_t>(site)].gate;
        REQUIRE(gate);
        CHECK(gate->macs == 8 * 16 + 16 * 2);
        CHECK(gate->stage_macs == block);
        CHECK(gate->threshold == 0.25);
        CHECK(sites[static_cast<std::size_t>(site)].heads.size() == 2);  // gates are no exits
    }
    CHECK_FALSE(sites[2].gate);
    CHECK_FALSE(sites[3].gate);
}

TEST_CASE("gates: stages end where a gate decides, and where rows that skipped one meet the others") {
    ExitNet net = make_exit_net(4);
    net.exits.heads.clear();
    net.graph.outputs.resize(1);
    remove_dead_code(net.graph);
    net.exits.sites = find_again(net.graph, net.exits.sites);
    std::mt19937 random(1);
    attach_head(net.graph, net.exits, 1, gate_type(),
                {{random_tensor(random, {16, 8}, 1), random_tensor(random, {16}, 1)},
                 {random_tensor(random, {2, 16}, 1), random_tensor(random, {2}, 1)}});
    const InterleavedGraph stages = interleave(net.graph, net.exits);
    std::vector<std::pair<int, bool>> ends;
    for (const StageNodes& part : stages.parts)
        if (part.head < 0) ends.push_back({part.site, part.may_skip});
    CHECK(ends == std::vector<std::pair<int, bool>>{{1, false}, {2, true}, {-1, false}});
}

TEST_CASE("gates: those that cannot be are refused by name") {
    const ExitNet net = make_gated_net(3);
    check_refused(
        net, [](ExitNet& n) { gate_of(n, 0).skips = 2; },
        "exit 0:gate-ff16: skips to site 2, expected the next one, 1");
    check_refused(
        net, [](ExitNet& n) { gate_of(n, 0).skips = -1; }, "skips to site -1");
    check_refused(
        net, [](ExitNet& n) { n.exits.heads[0].skips = 1; }, "skips a stage, which only gates do");
    check_refused(
        net, [](ExitNet& n) { n.exits.heads[0].role = HeadRole::kGate; }, "skips to site -1");
    check_refused(
        net,
        [](ExitNet& n) {
            n.exits.heads.erase(n.exits.heads.begin() + (&gate_of(n, 0) - n.exits.heads.data()));
            n.exits.heads[0].role = HeadRole::kGate;
            n.exits.heads[0].skips = 1;
        },
        "makes float32 1x5, expected one logit to skip and one to run: 1x2");
    check_refused(
        net, [](ExitNet& n) { gate_of(n, 0).role = HeadRole::kExit; }, "skips a stage, which only gates do");
    check_refused(
        net, [](ExitNet& n) { constant_of(n, "exit.1.gate-ff16.fc0.bias").mutable_data<float>()[3] = NAN; },
        "exit 1:gate-ff16: reads 'exit.1.gate-ff16.fc0.bias', which has numbers that are not finite");
    ExitNet last = make_exit_net(3);
    std::mt19937 random(1);
    const std::vector<HeadLayer> layers = {
        {random_tensor(random, {16, 8}, 1), random_tensor(random, {16}, 1)},
        {random_tensor(random, {2, 16}, 1), random_tensor(random, {2}, 1)}};
    CHECK_THROWS_WITH_AS(attach_head(last.graph, last.exits, 2, gate_type(), layers),
                         doctest::Contains("is a gate, but behind its site there is no other one"), Error);
    ExitNet twice = make_gated_net(3);
    ExitHead second = gate_of(twice, 0);
    second.type = "gate2";
    twice.exits.heads.insert(twice.exits.heads.begin(), second);
    CHECK_THROWS_WITH_AS(complete_heads(twice.graph, twice.exits),
                         doctest::Contains("is the second gate of its site"), Error);
}
