// What the outputs of a network are taken for: every end that exporters write, in every place. The expected
// logits are those that the network was made of.
#include "loaders/import/classifier_outputs.h"

#include "graph/interpreter.h"
#include "graph/passes/passes.h"
#include "tests/graph/net.h"

#include <dyce/error.h>

#include <doctest/doctest.h>

#include <functional>

using namespace dyce;
using namespace dyce::test;

namespace {

using Strings = std::vector<std::string>;
using Activation = OutputActivation;

struct Case {
    std::string name;
    /// Adds what follows the logits (N x classes); gives the outputs.
    std::function<std::vector<ValueId>(Net&, ValueId logits)> end;
    std::int64_t classes = 3;
    std::string answer = "y";
    std::string taken_off = "";
    Activation activation = Activation::kSoftmax;
    Strings dropped = {};
    bool one_logit = false;
    OutputChoice choice = {};
};

Attributes axis(std::int64_t value) { return {{"axis", value}}; }
Attributes dims(const Ints& shape) { return {{"shape", shape}}; }

const std::vector<Case> kCases = {
    {"logits", [](Net& n, ValueId x) { return std::vector{n.op("Neg", {n.op("Neg", {x})}, {}, "y")}; }},
    {"softmax of the last axis",
     [](Net& n, ValueId x) { return std::vector{n.op("Softmax", {x}, axis(-1), "y")}; }, 3, "y", "Softmax"},
    {"softmax of axis 1 of a map, then flattened",
     [](Net& n, ValueId x) {
         const ValueId map = n.op("Reshape", {x}, dims({0, -1, 1, 1}));
         return std::vector{n.op("Flatten", {n.op("Softmax", {map}, axis(1))}, axis(1), "y")};
     },
     3, "y", "Softmax"},
    {"softmax of a map that stays one",
     [](Net& n, ValueId x) {
         return std::vector{n.op("Softmax", {n.op("Reshape", {x}, dims({0, -1, 1, 1}))}, axis(1), "y")};
     },
     3, "y", "Softmax"},
    {"softmax of channels last",
     [](Net& n, ValueId x) {
         const ValueId map = n.op("Reshape", {x}, dims({0, 1, 1, -1}));
         return std::vector{n.op("Squeeze", {n.op("Softmax", {map}, axis(3))}, {{"axes", Ints{1, 2}}}, "y")};
     },
     3, "y", "Softmax"},
    {"log of softmax",
     [](Net& n, ValueId x) { return std::vector{n.op("Log", {n.op("Softmax", {x}, axis(1))}, {}, "y")}; }, 3,
     "y", "LogSoftmax"},
    {"softmax of logsoftmax",
     [](Net& n, ValueId x) {
         return std::vector{n.op("Softmax", {n.op("LogSoftmax", {x}, axis(1))}, axis(1), "y")};
     },
     3, "y", "Softmax"},
    {"independent labels", [](Net& n, ValueId x) { return std::vector{n.op("Sigmoid", {x}, {}, "y")}; }, 3,
     "y", "Sigmoid", Activation::kSigmoid},
    {"probabilities before logits",
     [](Net& n, ValueId x) {
         return std::vector{n.op("Softmax", {x}, axis(1), "probs"), n.op("Identity", {x}, {}, "y")};
     },
     3,
     "probs",
     "Softmax",
     Activation::kSoftmax,
     {"y"}},
    {"logits before probabilities and a label",
     [](Net& n, ValueId x) {
         const ValueId probs = n.op("Softmax", {x}, axis(1), "probs");
         return std::vector{x, probs, n.op("ArgMax", {probs}, axis(1), "label")};
     },
     3,
     "probs",
     "Softmax",
     Activation::kSoftmax,
     {"logits", "label"}},
    {"a label alone",
     [](Net& n, ValueId x) {
         return std::vector{n.op("ArgMax", {x}, {{"axis", 1}, {"keepdims", 0}}, "y")};
     }},
    {"one logit",
     [](Net& n, ValueId x) { return std::vector{n.op("Neg", {n.op("Neg", {x})}, {}, "y")}; },
     1,
     "y",
     "",
     Activation::kSoftmax,
     {},
     true},
    {"one probability, squeezed",
     [](Net& n, ValueId x) {
         return std::vector{n.op("Squeeze", {n.op("Sigmoid", {x})}, {{"axes", Ints{1}}}, "y")};
     },
     1,
     "y",
     "Sigmoid",
     Activation::kSoftmax,
     {},
     true},
    {"values as they are",
     [](Net& n, ValueId x) { return std::vector{n.op("Neg", {n.op("Neg", {x})}, {}, "y")}; },
     1,
     "y",
     "",
     Activation::kNone,
     {},
     false,
     {"", Activation::kNone}},
    {"by name",
     [](Net& n, ValueId x) {
         const ValueId y = n.op("Softmax", {x}, axis(1), "y");
         return std::vector{n.op("Neg", {n.op("Neg", {n.op("Neg", {y})})}, {}, "deeper"), y};
     },
     3,
     "y",
     "Softmax",
     Activation::kSoftmax,
     {},
     false,
     {"y", {}}},
};

struct Built {
    Graph graph;
    Tensor image, logits;
};

Built build(const Case& row) {
    Net net;
    const ValueId x = net.input({1, 2, 4, 4});
    const ValueId logits =
        net.op("Gemm", {net.op("Flatten", {x}), net.weights({32, row.classes})}, {}, "logits");
    auto outputs = row.end(net, logits);
    const std::size_t count = outputs.size();
    outputs.push_back(logits);
    Built built{std::move(net).build(outputs), Tensor(DataType::kFloat32, {1, 2, 4, 4}), {}};
    float* to = built.image.mutable_data<float>();
    for (int i = 0; i < 32; ++i) to[i] = 0.1f * static_cast<float>(i % 11) - 0.3f;
    built.logits = interpret(built.graph, {built.image}).back();
    built.graph.outputs.resize(count);
    return built;
}

}  // namespace

TEST_CASE("the logits of a classifier are found behind whatever ends it") {
    for (const Case& row : kCases) {
        CAPTURE(row.name);
        Built built = build(row);
        const ClassifierOutputs outputs = resolve_outputs(built.graph, "net.onnx", row.choice);
        simplify(built.graph);
        CHECK(outputs.name == row.answer);
        CHECK(outputs.taken_off == row.taken_off);
        CHECK(outputs.activation == row.activation);
        CHECK(outputs.one_logit == row.one_logit);
        CHECK(outputs.dropped == row.dropped);
        const Tensor found = interpret(built.graph, {built.image})[0];
        REQUIRE(found.elements() == row.classes + (row.one_logit ? 1 : 0));
        const float* value = found.data<float>();
        if (row.one_logit) CHECK(*value++ == 0);
        for (std::int64_t i = 0; i < row.classes; ++i)
            CHECK(value[i] == doctest::Approx(built.logits.data<float>()[i]));
    }
}

TEST_CASE("a softmax written out is taken off as importers leave it, recognised") {
    const Case row{"softmax written out", [](Net& n, ValueId x) {
                       const Attributes along{{"axes", Ints{1}}};
                       const ValueId power = n.op("Exp", {n.op("Sub", {x, n.op("ReduceMax", {x}, along)})});
                       return std::vector{n.op("Div", {power, n.op("ReduceSum", {power}, along)}, {}, "y")};
                   }};
    Built built = build(row);
    simplify(built.graph);
    CHECK(resolve_outputs(built.graph, "net.onnx").taken_off == "Softmax");
    const Tensor found = interpret(built.graph, {built.image})[0];
    for (std::int64_t i = 0; i < 3; ++i)
        CHECK(found.data<float>()[i] == doctest::Approx(built.logits.data<float>()[i]));
}

TEST_CASE("exits lose the same end and keep their names") {
    Net net;
    const ValueId x = net.input({1, 2, 4, 4});
    const ValueId map = net.op("Add", {net.conv(x, 4, 3), net.conv(x, 4)}, {}, "site");
    const auto head = [&](ValueId from, const std::string& name) {
        return net.op("Softmax", {net.gemm(net.op("Flatten", {net.op("GlobalAveragePool", {from})}), 3)},
                      axis(1), name);
    };
    const ValueId early = head(map, "early");
    const ValueId last = head(net.op("Relu", {net.conv(map, 8, 3)}), "last");
    const ValueId wide = net.gemm(net.op("Flatten", {map}), 7);
    Graph graph = std::move(net).build({early, wide, last});
    const ClassifierOutputs outputs = resolve_outputs(graph, "net.onnx");
    simplify(graph);
    CHECK(outputs.name == "last");
    CHECK(outputs.dropped.size() == 1);  // seven are no exit of three
    REQUIRE(graph.outputs.size() == 2);
    CHECK(graph.value(graph.outputs[1]).name == "early");
    for (const Node& node : graph.nodes) CHECK(node.spec->name != "Softmax");
}

TEST_CASE("what is no classifier is refused with its shape") {
    const struct {
        Ints shape;
        std::string piece;
    } rows[] = {{{0, 4, 8}, "is float32 Nx4x8, expected float32 NxK"},
                {{0, 2, 4, 4}, "is float32 Nx2x4x4, expected float32 NxK"}};
    for (const auto& row : rows) {
        Net net;
        const ValueId x = net.input({1, 2, 4, 4});
        const ValueId boxes =
            net.op("Relu", {net.op("Reshape", {net.op("Neg", {x})}, dims(row.shape))}, {}, "boxes");
        const ValueId scores = net.op("Flatten", {x}, {}, "scores");
        Graph graph = std::move(net).build({boxes, scores});
        CHECK_THROWS_WITH_AS(resolve_outputs(graph, "net.onnx"), doctest::Contains(row.piece.c_str()), Error);
        CHECK_THROWS_WITH_AS(resolve_outputs(graph, "net.onnx"),
                             doctest::Contains("--output may name 'scores'"), Error);
        CHECK(resolve_outputs(graph, "net.onnx", {"scores", {}}).dropped == Strings{"boxes"});
    }
    Net net;
    const ValueId x = net.input({1, 2, 4, 4});
    const ValueId one = net.op("Softmax", {net.gemm(net.op("Flatten", {x}), 1)}, axis(1), "one");
    Graph graph = std::move(net).build({one});
    CHECK_THROWS_WITH_AS(resolve_outputs(graph, "net.onnx"), doctest::Contains("1 whatever the image"),
                         Error);
}
