#include "graph/passes/passes.h"
#include "tests/graph/net.h"

#include <doctest/doctest.h>

using namespace dyce;
using namespace dyce::test;

namespace {

const Shape kImage{1, 4, 8, 8};

struct Row {
    std::string name;
    std::string left;
    ValueId (*head)(Net&, ValueId x);
};

ValueId flat(Net& net, ValueId x) { return net.op("Flatten", {x}); }
ValueId relu(Net& net, ValueId x) { return net.op("Relu", {x}); }
ValueId average(Net& net, ValueId x, std::int64_t kernel, std::int64_t stride) {
    return net.op("AveragePool", {x},
                  {{"kernel_shape", Ints{kernel, kernel}}, {"strides", Ints{stride, stride}}});
}

}  // namespace

TEST_CASE("fuse_pooled_mlp: heads of every form become one node, nothing else does") {
    const Row rows[] = {
        {"one layer on the global average", "Conv PooledMlp",
         [](Net& net, ValueId x) { return net.gemm(flat(net, net.op("GlobalAveragePool", {x})), 5); }},
        {"three layers on a grid", "Conv PooledMlp",
         [](Net& net, ValueId x) {
             const ValueId first = net.gemm(flat(net, average(net, x, 2, 2)), 7);
             return net.gemm(relu(net, net.gemm(relu(net, first), 6)), 5);
         }},
        {"weights transposed", "Conv PooledMlp",
         [](Net& net, ValueId x) {
             return net.gemm(flat(net, average(net, x, 4, 4)), 5, {{"transB", std::int64_t{1}}});
         }},
        {"windows overlap", "Conv AveragePool Flatten Gemm",
         [](Net& net, ValueId x) { return net.gemm(flat(net, average(net, x, 2, 1)), 5); }},
        {"windows do not reach the end", "Conv AveragePool Flatten Gemm",
         [](Net& net, ValueId x) { return net.gemm(flat(net, average(net, x, 3, 3)), 5); }},
        {"a factor", "Conv GlobalAveragePool Flatten Gemm",
         [](Net& net, ValueId x) {
             return net.gemm(flat(net, net.op("GlobalAveragePool", {x})), 5, {{"alpha", 2.f}});
         }},
        {"another activation", "Conv PooledMlp Tanh Gemm",
         [](Net& net, ValueId x) {
             const ValueId first = net.gemm(flat(net, net.op("GlobalAveragePool", {x})), 5);
             return net.gemm(net.op("Tanh", {first}), 5);
         }},
        {"factors of the pooled numbers", "Conv PooledMlp",
         [](Net& net, ValueId x) {
             const ValueId pooled = average(net, x, 2, 2);
             return net.gemm(flat(net, net.op("Mul", {pooled, net.weights({1, 4, 4, 4})})), 5);
         }},
        {"factors of the columns", "Conv AveragePool Mul Flatten Gemm",
         [](Net& net, ValueId x) {
             const ValueId pooled = average(net, x, 2, 2);
             return net.gemm(flat(net, net.op("Mul", {pooled, net.weights({1, 1, 1, 4})})), 5);
         }},
        {"factors without a pool", "Conv Mul Flatten Gemm",
         [](Net& net, ValueId x) {
             return net.gemm(flat(net, net.op("Mul", {x, net.weights({1, 4, 8, 8})})), 5);
         }},
        {"no pool", "Conv Flatten Gemm", [](Net& net, ValueId x) { return net.gemm(flat(net, x), 5); }},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        Net net;
        const ValueId y = row.head(net, net.conv(net.input(kImage), 4, 3));
        CHECK(line_after(fuse_pooled_mlp, std::move(net).build({y})) == row.left);
    }
}

TEST_CASE("fuse_pooled_mlp: weights that several heads read stay one constant") {
    Net net;
    const ValueId x = net.conv(net.input(kImage), 4, 3), weights = net.weights({5, 16});
    std::vector<ValueId> outputs;
    for (int head = 0; head < 3; ++head) {
        const ValueId bias = net.weights({5});
        outputs.push_back(
            net.op("Gemm", {flat(net, average(net, x, 4, 4)), weights, bias}, {{"transB", std::int64_t{1}}}));
    }
    Graph graph = std::move(net).build(outputs);
    REQUIRE(fuse_pooled_mlp(graph));
    REQUIRE(graph.nodes.size() == 4);
    CHECK(graph.nodes[1].inputs[1] == graph.nodes[2].inputs[1]);
    CHECK(graph.nodes[1].inputs[1] == graph.nodes[3].inputs[1]);
    CHECK(graph.nodes[1].inputs[2] != graph.nodes[2].inputs[2]);
    CHECK(graph.value(graph.nodes[1].inputs[1]).constant->shape() == Shape{16, 5});
}

TEST_CASE("fuse_pooled_mlp: values that others read stay") {
    Net net;
    const ValueId hidden = net.gemm(flat(net, net.op("GlobalAveragePool", {net.input(kImage)})), 5);
    const ValueId y = net.gemm(relu(net, hidden), 3);
    // The first layer is an output of its own: it is a head; the second is not.
    CHECK(line_after(fuse_pooled_mlp, std::move(net).build({y, hidden})) == "PooledMlp Relu Gemm");
}
