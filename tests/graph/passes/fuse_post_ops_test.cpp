#include "graph/passes/passes.h"
#include "tests/graph/net.h"

#include <doctest/doctest.h>

using namespace dyce;
using namespace dyce::test;

namespace {

const Shape kImage{1, 4, 5, 6};

// What follows a Conv from 4 to 4 channels; `x` is what the Conv reads, made by an operator.
using Step = ValueId (*)(Net&, ValueId conv, ValueId x);

struct Row {
    std::string name;
    std::string left;
    Step step;
};

std::string fused(Step step) {
    Net net;
    const ValueId x = net.op("Concat", {net.input(kImage)}, {{"axis", std::int64_t{1}}});
    const ValueId y = step(net, net.conv(x, 4, 3), x);
    return line_after(fuse_post_ops, std::move(net).build({y}));
}

ValueId relu(Net& net, ValueId x) { return net.op("Relu", {x}); }
ValueId add(Net& net, ValueId a, ValueId b) { return net.op("Add", {a, b}); }

}  // namespace

TEST_CASE("fuse_post_ops: activations and sums go into the Conv before them") {
    const Row rows[] = {
        {"Relu", "Concat Conv+Relu", [](Net& net, ValueId conv, ValueId) { return relu(net, conv); }},
        {"an activation of two stages", "Concat Conv+HardSigmoid",
         [](Net& net, ValueId conv, ValueId) { return net.op("HardSigmoid", {conv}); }},
        {"residual sum", "Concat Conv+Add+Relu",
         [](Net& net, ValueId conv, ValueId x) { return relu(net, add(net, conv, x)); }},
        {"residual sum, sides changed", "Concat Conv+Add+Relu",
         [](Net& net, ValueId conv, ValueId x) { return relu(net, add(net, x, conv)); }},
        {"x - c", "Concat Conv+Sub",
         [](Net& net, ValueId conv, ValueId x) {
             return net.op("Sub", {conv, x});
         }},
        {"c - x", "Concat Conv Sub",
         [](Net& net, ValueId conv, ValueId x) {
             return net.op("Sub", {x, conv});
         }},
        {"c / x", "Concat Conv+Sigmoid Div",
         [](Net& net, ValueId conv, ValueId x) {
             return net.op("Div", {x, net.op("Sigmoid", {conv})});
         }},
        {"two Convs", "Concat Conv Conv+Add",
         [](Net& net, ValueId conv, ValueId x) { return add(net, conv, net.conv(x, 4)); }},
        {"an operand made later", "Concat Sigmoid Conv+Add",
         [](Net& net, ValueId conv, ValueId x) { return add(net, conv, net.op("Sigmoid", {x})); }},
        {"one a channel", "Concat Conv+Mul",
         [](Net& net, ValueId conv, ValueId) {
             return net.op("Mul", {conv, net.weights({4, 1, 1})});
         }},
        {"one number", "Concat Conv+Mul",
         [](Net& net, ValueId conv, ValueId) {
             return net.op("Mul", {net.number(2), conv});
         }},
        {"one a column", "Concat Conv Mul",
         [](Net& net, ValueId conv, ValueId) {
             return net.op("Mul", {conv, net.weights({6})});
         }},
        {"a larger operand", "Concat Conv GlobalAveragePool Mul",
         [](Net& net, ValueId conv, ValueId x) {
             return net.op("Mul", {net.op("GlobalAveragePool", {conv}), x});
         }},
        {"one an image and channel", "Concat Conv GlobalAveragePool Conv Mul",
         [](Net& net, ValueId conv, ValueId x) {
             const ValueId pooled = net.op("GlobalAveragePool", {x});
             return net.op("Mul", {net.conv(conv, 4), pooled});
         }},
        {"itself", "Concat Conv Add", [](Net& net, ValueId conv, ValueId) { return add(net, conv, conv); }},
        {"at most eight stages", "Concat Conv+Relu+Relu+Relu+Relu+Relu+Relu+HardSigmoid Relu",
         [](Net& net, ValueId conv, ValueId) {
             for (int i = 0; i < 6; ++i) conv = relu(net, conv);
             return relu(net, net.op("HardSigmoid", {conv}));
         }},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        CHECK(fused(row.step) == row.left);
    }
}
