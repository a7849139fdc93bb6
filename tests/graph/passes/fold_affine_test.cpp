#include "graph/interpreter.h"
#include "graph/passes/passes.h"
#include "tests/graph/net.h"
#include "tests/support/tensors.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <string_view>

using namespace dyce;
using namespace dyce::test;

namespace {

const Shape kImage{1, 6, 5, 4};

// Adds something to an image of 6 channels.
using Step = ValueId (*)(Net&, ValueId);

std::string folded(Step step, Step then) {
    Net net;
    const ValueId result = then(net, step(net, net.input(kImage)));
    return line_after(fold_affine, std::move(net).build({result}));
}

ValueId plain_conv(Net& net, ValueId x) { return net.conv(x, 6, 3, 1, false); }
ValueId biased_conv(Net& net, ValueId x) { return net.conv(x, 6, 3); }
ValueId depthwise_conv(Net& net, ValueId x) { return net.conv(x, 6, 3, 6); }

const Shape kChannels{6, 1, 1};

}  // namespace

TEST_CASE("fold_affine: what varies along channels goes into the Conv before it") {
    const struct {
        std::string name;
        Step then;
    } affines[] = {
        {"batch norm", [](Net& net, ValueId x) { return net.batch_norm(x); }},
        {"x * c",
         [](Net& net, ValueId x) {
             return net.op("Mul", {x, net.weights(kChannels)});
         }},
        {"c * x",
         [](Net& net, ValueId x) {
             return net.op("Mul", {net.weights(kChannels), x});
         }},
        {"x / c",
         [](Net& net, ValueId x) {
             return net.op("Div", {x, net.weights(kChannels, 1, 2)});
         }},
        {"x + c",
         [](Net& net, ValueId x) {
             return net.op("Add", {x, net.weights(kChannels)});
         }},
        {"c + x",
         [](Net& net, ValueId x) {
             return net.op("Add", {net.weights(kChannels), x});
         }},
        {"x - c",
         [](Net& net, ValueId x) {
             return net.op("Sub", {x, net.weights(kChannels)});
         }},
        {"c - x",
         [](Net& net, ValueId x) {
             return net.op("Sub", {net.weights(kChannels), x});
         }},
        {"four dimensions",
         [](Net& net, ValueId x) {
             return net.op("Add", {x, net.weights({1, 6, 1, 1})});
         }},
        {"one number",
         [](Net& net, ValueId x) {
             return net.op("Mul", {x, net.number(0.3f)});
         }},
        {"a chain",
         [](Net& net, ValueId x) {
             return net.op("Add", {net.op("Mul", {net.batch_norm(x), net.number(2)}), net.number(1)});
         }},
    };
    for (const auto& affine : affines) {
        CAPTURE(affine.name);
        for (const Step conv : {plain_conv, biased_conv, depthwise_conv})
            CHECK(folded(conv, affine.then) == "Conv");
    }
}

TEST_CASE("fold_affine: batch norms that are to be trained stay, other arithmetic goes") {
    Net net;
    const ValueId normed = net.batch_norm(net.conv(net.input(kImage), 6, 3));
    Graph graph = std::move(net).build({net.op("Mul", {net.conv(normed, 6, 3), net.weights(kChannels)})});
    Graph kept = graph, folded_too = graph;
    simplify(kept, BatchNorms::kKeep);
    simplify(folded_too);
    const auto count = [](const Graph& one, std::string_view name) {
        return std::count_if(one.nodes.begin(), one.nodes.end(),
                             [&](const Node& node) { return node.spec->name == name; });
    };
    CHECK(count(kept, "BatchNormalization") == 1);
    CHECK(count(kept, "Mul") == 0);
    CHECK(count(folded_too, "BatchNormalization") == 0);
    const std::vector<Tensor> images = {random_tensor({2, 6, 5, 4}, 3)};
    check_close_to_largest(interpret(kept, images)[0], interpret(graph, images)[0], 1e-5f);
    check_close_to_largest(interpret(kept, images)[0], interpret(folded_too, images)[0], 1e-5f);
}

TEST_CASE("fold_affine: what varies otherwise stays") {
    const struct {
        std::string name;
        std::string left;
        Step then;
    } others[] = {
        {"along columns", "Conv Mul",
         [](Net& net, ValueId x) {
             return net.op("Mul", {x, net.weights({4})});
         }},
        {"along pixels", "Conv Add",
         [](Net& net, ValueId x) {
             return net.op("Add", {x, net.weights({5, 4})});
         }},
        {"a larger result", "Conv Add Squeeze",
         [](Net& net, ValueId x) {
             const ValueId sum = net.op("Add", {x, net.weights({1, 1, 1, 1, 1})});
             return net.op("Squeeze", {sum}, {{"axes", Ints{0}}});
         }},
        {"division by x", "Conv Div",
         [](Net& net, ValueId x) {
             return net.op("Div", {net.weights(kChannels), x});
         }},
        {"division by zero", "Conv Div Clip",
         [](Net& net, ValueId x) {
             return net.op("Clip", {net.op("Div", {x, net.number(0)})}, {{"min", -1.f}, {"max", 1.f}});
         }},
        {"not constant", "Conv Add",
         [](Net& net, ValueId x) {
             return net.op("Add", {x, net.input({1, 6, 1, 1}, "y")});
         }},
    };
    for (const auto& other : others) {
        CAPTURE(other.name);
        CHECK(folded(biased_conv, other.then) == other.left);
    }
}

TEST_CASE("fold_affine: a value that others read is not touched") {
    SUBCASE("another node") {
        Net net;
        const ValueId y = net.conv(net.input(kImage), 6);
        const ValueId sum = net.op("Add", {net.batch_norm(y), net.op("Relu", {y})});
        CHECK(line_after(fold_affine, std::move(net).build({sum})) == "Conv BatchNormalization Relu Add");
    }
    SUBCASE("an output of the graph") {
        Net net;
        const ValueId y = net.conv(net.input(kImage), 6);
        const ValueId z = net.batch_norm(y);
        CHECK(line_after(fold_affine, std::move(net).build({z, y})) == "Conv BatchNormalization");
    }
}

TEST_CASE("fold_affine: weights that two nodes share are copied, and alone keep their name") {
    Net net;
    const ValueId x = net.input(kImage);
    const ValueId shared = net.weights({6, 6, 1, 1});
    const ValueId a = net.batch_norm(net.op("Conv", {x, shared}));
    const ValueId b = net.op("Conv", {x, shared});
    Graph graph = std::move(net).build({a, b});
    const Graph before = graph;
    CHECK(fold_affine(graph));
    check_same(before, graph);
    CHECK(graph.value(graph.nodes[1].inputs[1]).name == "w0");
    CHECK(graph.value(graph.nodes[0].inputs[1]).name == "Conv_0.weight");
}

TEST_CASE("fold_affine: into products of matrices along their last dimension") {
    const struct {
        std::string name;
        Shape input;
        std::string left;
        Step build;
    } cases[] = {
        {"MatMul + bias",
         {1, 8},
         "Gemm",
         [](Net& net, ValueId x) {
             return net.op("Add", {net.weights({6}), net.matmul(x, 6)});
         }},
        {"MatMul * scale",
         {1, 8},
         "MatMul",
         [](Net& net, ValueId x) {
             return net.op("Mul", {net.matmul(x, 6), net.weights({6})});
         }},
        {"MatMul of rank 3 + bias",
         {1, 3, 8},
         "MatMul Add",
         [](Net& net, ValueId x) {
             return net.op("Add", {net.matmul(x, 6), net.weights({6})});
         }},
        {"MatMul of rank 3, bias, scale, bias",
         {1, 3, 8},
         "MatMul Add",
         [](Net& net, ValueId x) {
             const ValueId y = net.op("Add", {net.matmul(x, 6), net.weights({6})});
             return net.op("Add", {net.weights({6}), net.op("Mul", {y, net.weights({6})})});
         }},
        {"MatMul of rank 3 and batch norm of the middle dimension",
         {1, 3, 8},
         "MatMul BatchNormalization",
         [](Net& net, ValueId x) { return net.batch_norm(net.matmul(x, 6)); }},
        {"Gemm and batch norm",
         {1, 8},
         "Gemm",
         [](Net& net, ValueId x) { return net.batch_norm(net.gemm(x, 6)); }},
        {"Gemm with alpha, beta and transB",
         {1, 8},
         "Gemm",
         [](Net& net, ValueId x) {
             return net.batch_norm(
                 net.gemm(x, 6, {{"alpha", 0.5f}, {"beta", 2.f}, {"transB", std::int64_t{1}}}));
         }},
        {"Gemm with one bias for all",
         {1, 8},
         "Gemm",
         [](Net& net, ValueId x) {
             const ValueId y = net.op("Gemm", {x, net.weights({8, 6}), net.number(2)}, {{"beta", 0.5f}});
             return net.op("Sub", {y, net.weights({6})});
         }},
        {"Gemm with a computed bias",
         {1, 8},
         "Gemm Mul",
         [](Net& net, ValueId x) {
             const ValueId y = net.op("Gemm", {x, net.weights({8, 6}), net.input({1, 6}, "y")});
             return net.op("Mul", {y, net.weights({6})});
         }},
        {"LayerNormalization",
         {1, 3, 8},
         "LayerNormalization",
         [](Net& net, ValueId x) {
             const ValueId y = net.op("LayerNormalization", {x, net.weights({8})});
             return net.op("Add", {net.op("Mul", {y, net.weights({8})}), net.weights({8})});
         }},
    };
    for (const auto& row : cases) {
        CAPTURE(row.name);
        Net net;
        const ValueId result = row.build(net, net.input(row.input));
        CHECK(line_after(fold_affine, std::move(net).build({result})) == row.left);
    }
}
