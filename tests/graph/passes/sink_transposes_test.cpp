#include "graph/passes/passes.h"
#include "tests/graph/net.h"

#include <doctest/doctest.h>

using namespace dyce;
using namespace dyce::test;

namespace {

ValueId transpose(Net& net, ValueId x, const Ints& perm) {
    return net.op("Transpose", {x}, {{"perm", perm}});
}

std::string sunk(const std::string& op, const Shape& constant, bool swapped) {
    Net net;
    const ValueId y = transpose(net, net.input({1, 2, 3, 4}), {0, 3, 1, 2});
    const ValueId c = net.weights(constant, 1, 2);
    const ValueId z = swapped ? net.op(op, {c, y}) : net.op(op, {y, c});
    return line_after(sink_transposes, std::move(net).build({z}));
}

}  // namespace

TEST_CASE("sink_transposes: arithmetic with constants meets what is before the Transpose") {
    for (const std::string op : {"Add", "Sub", "Mul", "Div"})
        for (const Shape& constant : {Shape{}, Shape{3}, Shape{4, 1, 1}, Shape{1, 2, 1}, Shape{1, 4, 2, 3}})
            for (const bool swapped : {false, true}) {
                CAPTURE(op);
                CAPTURE(constant.to_string());
                CHECK(sunk(op, constant, swapped) == op + " Transpose");
            }
}

TEST_CASE("sink_transposes: down to what takes the constant") {
    Net net;
    const ValueId x = net.input({1, 3, 3, 4});
    const ValueId y = net.op("Add", {net.matmul(x, 6), net.weights({6})});
    const ValueId z = net.op("Mul", {transpose(net, y, {0, 3, 1, 2}), net.weights({6, 1, 1})});
    Graph graph = std::move(net).build({z});
    const Graph before = graph;
    simplify(graph);
    check_same(before, graph);
    CHECK(line(graph) == "MatMul Add Transpose");
}

TEST_CASE("sink_transposes: below several Transposes") {
    Net net;
    const ValueId y = transpose(net, transpose(net, net.input({1, 2, 3, 4}), {0, 3, 1, 2}), {0, 2, 1, 3});
    const ValueId z = net.op("Mul", {y, net.weights({2, 4, 3})});
    CHECK(line_after(sink_transposes, std::move(net).build({z})) == "Mul Transpose Transpose");
}

TEST_CASE("sink_transposes: what it must leave") {
    Net net;
    const ValueId x = net.input({1, 2, 3, 4});
    const ValueId y = transpose(net, x, {0, 3, 1, 2});
    SUBCASE("a Transpose that others read") {
        const ValueId z = net.op("Mul", {y, net.number(2)});
        CHECK(line_after(sink_transposes, std::move(net).build({z, y})) == "Transpose Mul");
    }
    SUBCASE("a computed operand") {
        const ValueId z = net.op("Mul", {y, net.input({1, 4, 2, 3}, "z")});
        CHECK(line_after(sink_transposes, std::move(net).build({z})) == "Transpose Mul");
    }
    SUBCASE("a larger result") {
        const ValueId z = net.op("Mul", {y, net.weights({1, 1, 1, 1, 1})});
        const ValueId squeezed = net.op("Squeeze", {z}, {{"axes", Ints{0}}});
        CHECK(line_after(sink_transposes, std::move(net).build({squeezed})) == "Transpose Mul Squeeze");
    }
}
