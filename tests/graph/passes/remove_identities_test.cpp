#include "graph/passes/passes.h"
#include "tests/graph/net.h"

#include <doctest/doctest.h>

using namespace dyce;
using namespace dyce::test;

namespace {

using Step = ValueId (*)(Net&, ValueId);

struct Row {
    std::string name;
    std::string left;
    Step step;
};

// What is left of Relu, the step, Relu on 1x4x5x6.
std::string left_of(Step step) {
    Net net;
    const ValueId x = net.op("Relu", {net.input({1, 4, 5, 6})});
    const ValueId y = net.op("Relu", {step(net, x)});
    return line_after(remove_identities, std::move(net).build({y}));
}

ValueId transpose(Net& net, ValueId x, const Ints& perm) {
    return net.op("Transpose", {x}, {{"perm", perm}});
}

}  // namespace

TEST_CASE("remove_identities: what passes its input on disappears, what does not stays") {
    const Row rows[] = {
        {"Identity", "Relu Relu", [](Net& net, ValueId x) { return net.op("Identity", {x}); }},
        {"Dropout", "Relu Relu", [](Net& net, ValueId x) { return net.op("Dropout", {x}); }},
        {"Cast to the same type", "Relu Relu",
         [](Net& net, ValueId x) {
             return net.op("Cast", {x}, {{"to", std::int64_t{1}}});
         }},
        {"Reshape to the same shape", "Relu Relu",
         [](Net& net, ValueId x) {
             return net.op("Reshape", {x}, {{"shape", Ints{0, 4, -1, 6}}});
         }},
        {"Reshape to another shape", "Relu Reshape Relu",
         [](Net& net, ValueId x) {
             return net.op("Reshape", {x}, {{"shape", Ints{0, 4, -1}}});
         }},
        {"Pad by nothing", "Relu Relu",
         [](Net& net, ValueId x) {
             return net.op("Pad", {x}, {{"pads", Ints(8, 0)}});
         }},
        {"Pad that shifts", "Relu Pad Relu",
         [](Net& net, ValueId x) {
             return net.op("Pad", {x}, {{"pads", Ints{0, 0, 1, 0, 0, 0, -1, 0}}});
         }},
        {"Slice of everything", "Relu Relu",
         [](Net& net, ValueId x) {
             return net.op("Slice", {x}, {{"axes", Ints{1}}, {"starts", Ints{0}}, {"ends", Ints{99}}});
         }},
        {"Slice that turns around", "Relu Slice Relu",
         [](Net& net, ValueId x) {
             return net.op(
                 "Slice", {x},
                 {{"axes", Ints{1}}, {"starts", Ints{-1}}, {"ends", Ints{-99}}, {"steps", Ints{-1}}});
         }},
        {"Concat of one", "Relu Relu",
         [](Net& net, ValueId x) {
             return net.op("Concat", {x}, {{"axis", std::int64_t{1}}});
         }},
        {"Transpose in order", "Relu Relu",
         [](Net& net, ValueId x) {
             return transpose(net, x, {0, 1, 2, 3});
         }},
        {"Transpose and back", "Relu Relu",
         [](Net& net, ValueId x) {
             return transpose(net, transpose(net, x, {0, 2, 3, 1}), {0, 3, 1, 2});
         }},
        {"Transpose and on", "Relu Transpose Relu",
         [](Net& net, ValueId x) {
             return transpose(net, transpose(net, x, {0, 2, 3, 1}), {0, 2, 3, 1});
         }},
        {"three Transposes that cancel", "Relu Relu",
         [](Net& net, ValueId x) {
             for (int i = 0; i < 3; ++i) x = transpose(net, x, {0, 2, 3, 1});
             return x;
         }},
        {"x * 1", "Relu Relu",
         [](Net& net, ValueId x) {
             return net.op("Mul", {x, net.number(1)});
         }},
        {"0 + x", "Relu Relu",
         [](Net& net, ValueId x) {
             return net.op("Add", {net.number(0), x});
         }},
        {"x / 1", "Relu Relu",
         [](Net& net, ValueId x) {
             return net.op("Div", {x, net.number(1)});
         }},
        {"x - 0", "Relu Relu",
         [](Net& net, ValueId x) {
             return net.op("Sub", {x, net.number(0)});
         }},
        {"0 - x", "Relu Sub Relu",
         [](Net& net, ValueId x) {
             return net.op("Sub", {net.number(0), x});
         }},
        {"x * 1 that grows", "Relu Mul Squeeze Relu",
         [](Net& net, ValueId x) {
             const ValueId y = net.op("Mul", {x, net.weights({1, 1, 1, 1, 1}, 1, 1)});
             return net.op("Squeeze", {y}, {{"axes", Ints{0}}});
         }},
        {"x * 2", "Relu Mul Relu",
         [](Net& net, ValueId x) {
             return net.op("Mul", {x, net.number(2)});
         }},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        CHECK(left_of(row.step) == row.left);
    }
}

TEST_CASE("remove_identities: names of outputs stay") {
    SUBCASE("the value before takes the name") {
        Net net;
        const ValueId x = net.op("Relu", {net.input({1, 3})});
        const ValueId y = net.op("Identity", {x}, {}, "logits");
        const ValueId z = net.op("Relu", {x});
        CHECK(line_after(remove_identities, std::move(net).build({y, z})) == "Relu Relu");
    }
    SUBCASE("an input of the graph keeps its own") {
        Net net;
        const ValueId y = net.op("Identity", {net.input({1, 3})}, {}, "logits");
        CHECK(line_after(remove_identities, std::move(net).build({y})) == "Identity");
    }
    SUBCASE("so does another output") {
        Net net;
        const ValueId x = net.op("Relu", {net.input({1, 3})}, {}, "features");
        const ValueId y = net.op("Identity", {x}, {}, "logits");
        CHECK(line_after(remove_identities, std::move(net).build({x, y})) == "Relu Identity");
    }
    SUBCASE("two of one value") {
        Net net;
        const ValueId x = net.op("Relu", {net.input({1, 3})});
        const ValueId a = net.op("Identity", {x}, {}, "a");
        const ValueId b = net.op("Identity", {x}, {}, "b");
        CHECK(line_after(remove_identities, std::move(net).build({a, b})) == "Relu Identity");
    }
}
