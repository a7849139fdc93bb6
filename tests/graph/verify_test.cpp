// Covers builder, graph.
#include "graph/verify.h"

#include "tests/graph/net.h"
#include "tests/support/check_throws.h"

#include <doctest/doctest.h>

#include <functional>

using namespace dyce;
using namespace dyce::test;

namespace {

// relu = Relu(x); sum = relu + w; fused: y = Conv(sum, weights) + relu
Graph sound_graph() {
    Net net;
    const ValueId x = net.input({1, 4, 3, 3});
    const ValueId relu = net.op("Relu", {x}, {}, "relu");
    const ValueId sum = net.op("Add", {relu, net.weights({4, 1, 1})}, {}, "sum");
    const ValueId y = net.conv(sum, 4, 1, 1, false);
    Graph graph = std::move(net).build({y});
    Node& conv = graph.nodes.back();
    conv.post_ops.push_back({find_op("Add"), {}, 2});
    conv.inputs.push_back(relu);
    return graph;
}

struct Row {
    std::string name;
    ErrorCode code;
    std::string message;  // a part of it
    void (*damage)(Graph&);
};

void check_refused(const Row& row) {
    CAPTURE(row.name);
    Graph graph = sound_graph();
    row.damage(graph);
    check_throws([&] { verify(graph); }, row.code, row.message);
}

}  // namespace

TEST_CASE("verify: a sound graph passes") { verify(sound_graph()); }

TEST_CASE("verify: each broken invariant is refused by name") {
    const Row rows[] = {
        {"two values of one name", ErrorCode::kContent, "sum: two values have this name",
         [](Graph& graph) { graph.values[1].name = "sum"; }},
        {"no name", ErrorCode::kContent, "a value has no name",
         [](Graph& graph) { graph.values[1].name = ""; }},
        {"an id too large", ErrorCode::kContent, "relu: value id 99 is out of range",
         [](Graph& graph) { graph.nodes[0].inputs[0] = 99; }},
        {"a negative id", ErrorCode::kContent, "relu: value id -1 is out of range",
         [](Graph& graph) { graph.nodes[0].inputs[0] = -1; }},
        {"an output id out of range", ErrorCode::kContent, "relu: value id 99 is out of range",
         [](Graph& graph) { graph.nodes[0].outputs[0] = 99; }},
        {"read before it is made", ErrorCode::kContent, "sum: reads relu before it is made",
         [](Graph& graph) { std::swap(graph.nodes[0], graph.nodes[1]); }},
        {"a cycle", ErrorCode::kContent, "relu: reads sum before it is made",
         [](Graph& graph) { graph.nodes[0].inputs[0] = graph.nodes[1].outputs[0]; }},
        {"made twice", ErrorCode::kContent, "relu: is made twice",
         [](Graph& graph) { graph.nodes[1].outputs[0] = graph.nodes[0].outputs[0]; }},
        {"a constant that is also made", ErrorCode::kContent, "relu: is made twice",
         [](Graph& graph) { graph.values[1].constant = Tensor::of({1}, {1}); }},
        {"no operator", ErrorCode::kContent, "relu: has no operator",
         [](Graph& graph) { graph.nodes[0].spec = nullptr; }},
        {"no output", ErrorCode::kContent, "graph: has no output",
         [](Graph& graph) { graph.outputs.clear(); }},
        {"an output nobody makes", ErrorCode::kContent, "graph output: reads orphan before it is made",
         [](Graph& graph) { graph.outputs[0] = graph.add_value("orphan"); }},
        {"operands of post-ops out of order", ErrorCode::kContent, "operands of post-ops are out of order",
         [](Graph& graph) { graph.nodes[2].post_ops[0].operand = 0; }},
        {"shapes that do not fit", ErrorCode::kContent, "sum",
         [](Graph& graph) {
             graph.value(graph.nodes[1].inputs[1]).constant = Tensor::of({2}, {1, 1});
         }},
        {"no batch dimension", ErrorCode::kContent, "does not start with a batch dimension of 1",
         [](Graph& graph) { graph.inputs[0].type.shape[0] = 2; }},
        {"too many activations", ErrorCode::kResource, "activations exceed the limit",
         [](Graph& graph) {
             graph.inputs[0].type.shape = {1, 4, 30'000, 30'000};
         }},
        {"too many nodes", ErrorCode::kResource, "nodes, the limit is 20000",
         [](Graph& graph) { graph.nodes.resize(20'001, graph.nodes[0]); }},
    };
    for (const Row& row : rows) check_refused(row);
}

TEST_CASE("verify: an output must grow with the batch") {
    Net net;
    const ValueId mean = net.op("ReduceMean", {net.input({1, 4})}, {{"axes", Ints{0}}});
    const Graph graph = std::move(net).build({mean});
    CHECK_THROWS_WITH_AS(verify(graph), doctest::Contains("does not grow with the batch"), Error);
}
