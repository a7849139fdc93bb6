#include "graph/passes/passes.h"
#include "tests/graph/net.h"

#include <doctest/doctest.h>

using namespace dyce;
using namespace dyce::test;

TEST_CASE("fold_constants: whole chains of constants become one") {
    Net net;
    const ValueId x = net.input({1, 4, 3, 3});
    const ValueId scale = net.op("Reshape", {net.weights({4})}, {{"shape", Ints{4, 1, 1}}});
    const ValueId c = net.op("Sqrt", {net.op("Mul", {scale, scale})});
    const ValueId y = net.op("Mul", {x, c});
    CHECK(line_after(fold_constants, std::move(net).build({y})) == "Mul");
}

TEST_CASE("fold_constants: a constant output keeps its name") {
    Net net;
    const ValueId c = net.op("Relu", {net.weights({3})}, {}, "bias");
    const ValueId y = net.op("Add", {net.input({1, 3}), c}, {}, "logits");
    Graph graph = std::move(net).build({y, c});
    CHECK(fold_constants(graph));
    CHECK(line(graph) == "Add");
    CHECK(graph.value(graph.outputs[1]).name == "bias");
    REQUIRE(graph.value(graph.outputs[1]).constant);
}

TEST_CASE("fold_constants: what depends on an input stays") {
    Net net;
    const ValueId x = net.input({1, 3});
    CHECK(line_after(fold_constants, std::move(net).build({net.op("Relu", {x})})) == "Relu");
}

TEST_CASE("fold_constants: a small file does not unfold into a large model") {
    Net net;
    const ValueId x = net.input({1, 3});
    // 1.2 GB from a kilobyte; within a sum, so that the result has the shape of a batch
    const ValueId big = net.op("Expand", {net.weights({1, 1, 3})}, {{"shape", Ints{10'000, 10'000, 3}}});
    const ValueId mean = net.op("ReduceMean", {big}, {{"axes", Ints{0}}, {"keepdims", std::int64_t{0}}});
    const ValueId row = net.op("Slice", {mean}, {{"axes", Ints{0}}, {"starts", Ints{0}}, {"ends", Ints{1}}});
    Graph graph = std::move(net).build({net.op("Add", {x, row})});
    CHECK_FALSE(fold_constants(graph));
    CHECK(line(graph) == "Expand ReduceMean Slice Add");
}

TEST_CASE("remove_dead_code: nodes and values nobody needs disappear, inputs and order stay") {
    Net net;
    const ValueId x = net.input({1, 3});
    net.input({1, 5}, "unread");
    const ValueId a = net.op("Relu", {x}, {}, "a");
    const ValueId b = net.op("Sigmoid", {a}, {}, "b");
    net.op("Add", {b, net.weights({3})}, {}, "dead");
    const ValueId c = net.op("Tanh", {a}, {}, "c");
    Graph graph = std::move(net).build({c, a});
    const Graph before = graph;
    CHECK(remove_dead_code(graph));
    CHECK(line(graph) == "Relu Tanh");
    CHECK(graph.values.size() == 4);
    check_same(before, graph);
    CHECK_FALSE(remove_dead_code(graph));
}
