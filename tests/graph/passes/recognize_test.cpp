// Covers recognize_gelu, recognize_group_norm, recognize_hard_swish, recognize_layer_norm, recognize_response_norm,
// recognize_softmax, recognize_swish.
#include "graph/passes/passes.h"
#include "tests/graph/net.h"

#include <doctest/doctest.h>

#include <cmath>

using namespace dyce;
using namespace dyce::test;

namespace {

const Shape kImage{1, 4, 5, 6};

// Writes something out as small operators.
using Form = ValueId (*)(Net&, ValueId);

struct Row {
    std::string name;
    std::string left;
    Form form;
};

template <std::size_t N>
void check_rows(bool (*pass)(Graph&), const Row (&rows)[N]) {
    for (const Row& row : rows) {
        CAPTURE(row.name);
        Net net;
        const ValueId result = row.form(net, net.input(kImage));
        CHECK(line_after(pass, std::move(net).build({result})) == row.left);
    }
}

ValueId mul(Net& net, ValueId a, ValueId b) { return net.op("Mul", {a, b}); }
ValueId times(Net& net, ValueId a, float b) { return net.op("Mul", {a, net.number(b)}); }
ValueId div(Net& net, ValueId a, float b) { return net.op("Div", {a, net.number(b)}); }
ValueId add(Net& net, ValueId a, ValueId b) { return net.op("Add", {a, b}); }
ValueId plus(Net& net, ValueId a, float b) { return net.op("Add", {net.number(b), a}); }
ValueId pow(Net& net, ValueId a, float b) { return net.op("Pow", {a, net.number(b)}); }
ValueId clip(Net& net, ValueId a, float low, float high) {
    return net.op("Clip", {a}, {{"min", low}, {"max", high}});
}

constexpr float kRootHalf = 0.70710678f;
constexpr float kRootTwo = 1.41421356f;
constexpr float kTanhScale = 0.79788456f;  // sqrt(2 / pi)
constexpr float kTanhCube = 0.044715f;

// 1 + Erf(x / sqrt(2))
ValueId erf_plus_one(Net& net, ValueId x) { return plus(net, net.op("Erf", {div(net, x, kRootTwo)}), 1); }

ValueId tanh_gelu(Net& net, ValueId x, ValueId inner) {
    return times(net, mul(net, x, plus(net, net.op("Tanh", {inner}), 1)), 0.5f);
}

}  // namespace

TEST_CASE("recognize_gelu: the exact form in the orders exporters write") {
    check_rows(recognize_gelu,
               {{"(x * (1 + erf)) * 0.5", "Gelu",
                 [](Net& net, ValueId x) { return times(net, mul(net, x, erf_plus_one(net, x)), 0.5f); }},
                {"(x * 0.5) * (1 + erf)", "Gelu",
                 [](Net& net, ValueId x) { return mul(net, times(net, x, 0.5f), erf_plus_one(net, x)); }},
                {"(1 + erf) * (x / 2)", "Gelu",
                 [](Net& net, ValueId x) { return mul(net, erf_plus_one(net, x), div(net, x, 2)); }},
                {"x * (0.5 * (1 + erf))", "Gelu",
                 [](Net& net, ValueId x) { return mul(net, x, times(net, erf_plus_one(net, x), 0.5f)); }},
                {"erf(x * sqrt(1/2))", "Gelu",
                 [](Net& net, ValueId x) {
                     const ValueId erf = net.op("Erf", {times(net, x, kRootHalf)});
                     return mul(net, times(net, x, 0.5f), plus(net, erf, 1));
                 }},
                {"x itself a product", "Mul Gelu", [](Net& net, ValueId x) {
                     const ValueId y = mul(net, x, x);
                     return mul(net, times(net, y, 0.5f), erf_plus_one(net, y));
                 }}});
}

TEST_CASE("recognize_gelu: the tanh form in the orders exporters write") {
    check_rows(recognize_gelu,
               {{"x * x * x", "Gelu",
                 [](Net& net, ValueId x) {
                     const ValueId cube = mul(net, x, mul(net, x, x));
                     return tanh_gelu(net, x,
                                      times(net, add(net, x, times(net, cube, kTanhCube)), kTanhScale));
                 }},
                {"pow(x, 3)", "Gelu",
                 [](Net& net, ValueId x) {
                     const ValueId cube = times(net, pow(net, x, 3), kTanhCube);
                     return tanh_gelu(net, x, times(net, add(net, x, cube), kTanhScale));
                 }},
                {"k * x * x * x", "Gelu",
                 [](Net& net, ValueId x) {
                     const ValueId cube = mul(net, mul(net, times(net, x, kTanhCube), x), x);
                     return tanh_gelu(net, x, times(net, add(net, cube, x), kTanhScale));
                 }},
                {"x * s * (1 + k * x * x)", "Gelu", [](Net& net, ValueId x) {
                     const ValueId square = mul(net, times(net, x, kTanhCube), x);
                     return tanh_gelu(net, x, mul(net, times(net, x, kTanhScale), plus(net, square, 1)));
                 }}});
}

TEST_CASE("recognize_gelu: what only looks like it stays") {
    check_rows(recognize_gelu,
               {{"another x inside", "Relu Div Erf Add Mul Mul",
                 [](Net& net, ValueId x) {
                     const ValueId y = erf_plus_one(net, net.op("Relu", {x}));
                     return times(net, mul(net, x, y), 0.5f);
                 }},
                {"another factor", "Div Erf Add Mul Mul",
                 [](Net& net, ValueId x) { return times(net, mul(net, x, erf_plus_one(net, x)), 0.25f); }},
                {"another scale", "Mul Erf Add Mul Mul",
                 [](Net& net, ValueId x) {
                     const ValueId gate = plus(net, net.op("Erf", {times(net, x, 0.7f)}), 1);
                     return mul(net, times(net, x, 0.5f), gate);
                 }},
                {"numbers that differ by channel", "Div Erf Add Mul Mul", [](Net& net, ValueId x) {
                     return mul(net, mul(net, x, erf_plus_one(net, x)), net.weights({4, 1, 1}));
                 }}});
}

TEST_CASE("recognize_gelu: values inside the pattern that others read stay") {
    Net net;
    const ValueId x = net.input(kImage);
    const ValueId inner = erf_plus_one(net, x);
    const ValueId gelu = times(net, mul(net, x, inner), 0.5f);
    CHECK(line_after(recognize_gelu, std::move(net).build({gelu, inner})) == "Div Erf Add Gelu");
}

TEST_CASE("recognize_swish") {
    check_rows(
        recognize_swish,
        {{"x * sigmoid(x)", "Swish", [](Net& net, ValueId x) { return mul(net, x, net.op("Sigmoid", {x})); }},
         {"sigmoid(x) * x", "Swish", [](Net& net, ValueId x) { return mul(net, net.op("Sigmoid", {x}), x); }},
         {"x * sigmoid(1.702 x)", "Swish",
          [](Net& net, ValueId x) { return mul(net, x, net.op("Sigmoid", {times(net, x, 1.702f)})); }},
         {"y * sigmoid(x)", "Relu Sigmoid Mul", [](Net& net, ValueId x) {
              const ValueId y = net.op("Relu", {x});
              return mul(net, y, net.op("Sigmoid", {x}));
          }}});
}

TEST_CASE("recognize_hard_swish") {
    check_rows(
        recognize_hard_swish,
        {{"x * (clip(x + 3) / 6)", "HardSwish",
          [](Net& net, ValueId x) { return mul(net, x, div(net, clip(net, plus(net, x, 3), 0, 6), 6)); }},
         {"x * clip(x + 3) / 6", "HardSwish",
          [](Net& net, ValueId x) { return div(net, mul(net, x, clip(net, plus(net, x, 3), 0, 6)), 6); }},
         {"x / 6 * clip(x + 3)", "HardSwish",
          [](Net& net, ValueId x) { return mul(net, div(net, x, 6), clip(net, plus(net, x, 3), 0, 6)); }},
         {"clip(x + 3) * (1 / 6) * x", "HardSwish",
          [](Net& net, ValueId x) {
              return mul(net, times(net, clip(net, plus(net, x, 3), 0, 6), 1.f / 6), x);
          }},
         {"x * HardSigmoid(x)", "HardSwish",
          [](Net& net, ValueId x) {
              return mul(net, x, net.op("HardSigmoid", {x}, {{"alpha", 1.f / 6}}));
          }},
         {"clip(x + 3) / 6", "HardSigmoid",
          [](Net& net, ValueId x) { return div(net, clip(net, plus(net, x, 3), 0, 6), 6); }},
         {"HardSigmoid of another slope", "HardSigmoid Mul",
          [](Net& net, ValueId x) { return mul(net, x, net.op("HardSigmoid", {x})); }},
         {"clip to another bound", "Add Clip Div Mul",
          [](Net& net, ValueId x) { return mul(net, x, div(net, clip(net, plus(net, x, 3), 0, 5), 6)); }},
         {"another shift", "Add Clip Div Mul",
          [](Net& net, ValueId x) { return mul(net, x, div(net, clip(net, plus(net, x, 2), 0, 6), 6)); }}});
}

namespace {

// (x - mean) / sqrt(variance + epsilon); the difference is written out again for the division when asked for.
ValueId layer_norm(Net& net, ValueId x, const Ints& axes, bool by_pow, bool twice, std::int64_t keep = 1) {
    const Attributes mean{{"axes", axes}, {"keepdims", keep}};
    const ValueId average = net.op("ReduceMean", {x}, mean);
    const ValueId d = net.op("Sub", {x, average});
    const ValueId square = by_pow ? pow(net, d, 2) : mul(net, d, d);
    const ValueId variance = plus(net, net.op("ReduceMean", {square}, mean), 1e-3f);
    const ValueId left = twice ? net.op("Sub", {x, average}) : d;
    return net.op("Div", {left, net.op("Sqrt", {variance})});
}

}  // namespace

TEST_CASE("recognize_layer_norm") {
    const std::string kept = "ReduceMean Sub Mul ReduceMean Add Sqrt Div";
    check_rows(recognize_layer_norm,
               {{"squared by Pow", "LayerNormalization",
                 [](Net& net, ValueId x) { return layer_norm(net, x, {-1}, true, false); }},
                {"squared by Mul, two dimensions", "LayerNormalization",
                 [](Net& net, ValueId x) {
                     return layer_norm(net, x, {3, -2}, false, false);
                 }},
                {"two differences", "LayerNormalization",
                 [](Net& net, ValueId x) { return layer_norm(net, x, {-1}, true, true); }},
                {"over channels in front", kept,
                 [](Net& net, ValueId x) { return layer_norm(net, x, {1}, false, false); }},
                {"over the batch", kept, [](Net& net, ValueId x) {
                     return layer_norm(net, x, {0, 1, 2, 3}, false, false);
                 }}});
}

TEST_CASE("recognize_layer_norm: scale and bias follow by fold_affine") {
    Net net;
    const ValueId x = net.input({1, 5, 8});
    const ValueId y = layer_norm(net, x, {-1}, true, false);
    const ValueId z = add(net, mul(net, y, net.weights({8})), net.weights({8}));
    Graph graph = std::move(net).build({z});
    const Graph before = graph;
    simplify(graph);
    check_same(before, graph);
    CHECK(line(graph) == "LayerNormalization");
    CHECK(graph.nodes[0].attributes.real("epsilon", 0) == 1e-3f);
}

namespace {

// x + (beta + gamma * (x * (g / (mean(g) + epsilon)))), g the norm over `axes`
ValueId response_norm(Net& net, ValueId x, const Ints& axes, const Ints& mean_axes, const Shape& parameters,
                      bool by_pow, bool beta_last) {
    const ValueId square = by_pow ? pow(net, x, 2) : mul(net, x, x);
    const ValueId norm = net.op("Sqrt", {net.op("ReduceSum", {square}, {{"axes", axes}})});
    const ValueId mean = plus(net, net.op("ReduceMean", {norm}, {{"axes", mean_axes}}), 1e-3f);
    const ValueId response = mul(net, x, net.op("Div", {norm, mean}));
    const ValueId scaled = mul(net, net.weights(parameters), response);
    if (beta_last) return add(net, add(net, scaled, net.weights(parameters)), x);
    return add(net, x, add(net, net.weights(parameters), scaled));
}

}  // namespace

TEST_CASE("recognize_response_norm") {
    const std::string kept = "Mul ReduceSum Sqrt ReduceMean Add Div Mul Mul Add Add";
    const std::string whole = "GlobalResponseNormalization";
    check_rows(recognize_response_norm,
               {{"timm's order", whole,
                 [](Net& net, ValueId x) {
                     return response_norm(net, x, {1, 2}, {-1}, {1, 1, 1, 6}, true, false);
                 }},
                {"the paper's order", whole,
                 [](Net& net, ValueId x) {
                     return response_norm(net, x, {-2, 1}, {3}, {6}, false, true);
                 }},
                {"channels first", kept,
                 [](Net& net, ValueId x) {
                     return response_norm(net, x, {2, 3}, {1}, {4, 1, 1}, false, false);
                 }},
                {"parameters along another dimension", kept,
                 [](Net& net, ValueId x) {
                     return response_norm(net, x, {1, 2}, {3}, {5, 1}, false, false);
                 }},
                {"the mean over another dimension", kept, [](Net& net, ValueId x) {
                     return response_norm(net, x, {1, 2}, {1}, {6}, false, false);
                 }}});
}

namespace {

ValueId reduced(Net& net, const char* op, ValueId x, const Ints& axes, std::int64_t keep = 1) {
    return net.op(op, {x}, {{"axes", axes}, {"keepdims", keep}});
}

ValueId share(Net& net, ValueId x, const Ints& axes) {
    const ValueId power = net.op("Exp", {x});
    return net.op("Div", {power, reduced(net, "ReduceSum", power, axes)});
}

ValueId shifted(Net& net, ValueId x, const Ints& axes) {
    return net.op("Sub", {x, reduced(net, "ReduceMax", x, axes)});
}

}  // namespace

TEST_CASE("recognize_softmax") {
    check_rows(
        recognize_softmax,
        {{"powers by their sum", "Softmax", [](Net& net, ValueId x) { return share(net, x, {1}); }},
         {"without the largest", "Softmax",
          [](Net& net, ValueId x) { return share(net, shifted(net, x, {-1}), {3}); }},
         {"the powers computed twice, times the reciprocal", "Softmax",
          [](Net& net, ValueId x) {
              const ValueId sum = reduced(net, "ReduceSum", net.op("Exp", {x}), {-1});
              return mul(net, pow(net, sum, -1), net.op("Exp", {x}));
          }},
         {"the largest of something else", "ReduceMax Sub Softmax",
          [](Net& net, ValueId x) { return share(net, shifted(net, x, {2}), {1}); }},
         {"a logarithm", "LogSoftmax",
          [](Net& net, ValueId x) {
              return net.op("Sub", {x, net.op("Log", {reduced(net, "ReduceSum", net.op("Exp", {x}), {1})})});
          }},
         {"a logarithm without the largest", "LogSoftmax",
          [](Net& net, ValueId x) {
              const ValueId d = shifted(net, x, {1});
              return net.op("Sub", {d, net.op("Log", {reduced(net, "ReduceSum", net.op("Exp", {d}), {1})})});
          }},
         {"ReduceLogSumExp written out", "LogSoftmax", [](Net& net, ValueId x) {
              const ValueId largest = reduced(net, "ReduceMax", x, {2});
              const ValueId powers = net.op("Exp", {net.op("Sub", {x, largest})});
              const ValueId log = net.op("Log", {reduced(net, "ReduceSum", powers, {2})});
              return net.op("Sub", {x, add(net, log, largest)});
          }}});
}

TEST_CASE("recognize_softmax: what only looks like it stays") {
    check_rows(
        recognize_softmax,
        {{"over two dimensions", "Exp ReduceSum Div",
          [](Net& net, ValueId x) {
              return share(net, x, {2, 3});
          }},
         {"over the images", "Exp ReduceSum Div", [](Net& net, ValueId x) { return share(net, x, {0}); }},
         {"by the sum of other powers", "Exp Relu Exp ReduceSum Div",
          [](Net& net, ValueId x) {
              const ValueId power = net.op("Exp", {x}), other = net.op("Exp", {net.op("Relu", {x})});
              return net.op("Div", {power, reduced(net, "ReduceSum", other, {1})});
          }},
         {"by the largest", "Exp ReduceMax Div", [](Net& net, ValueId x) {
              const ValueId power = net.op("Exp", {x});
              return net.op("Div", {power, reduced(net, "ReduceMax", power, {1})});
          }}});
}

namespace {

// What PyTorch exports for GroupNorm(groups, 4): instances of a view in which a group is a channel.
ValueId group_norm(Net& net, ValueId x, std::int64_t groups, const Ints& view, bool back = true) {
    const ValueId grouped = net.op("Reshape", {x}, {{"shape", view}});
    const ValueId norm = net.op("GroupNormalization", {grouped, net.weights({groups}), net.weights({groups})},
                                {{"num_groups", groups}, {"epsilon", 1e-3f}});
    return net.op("Reshape", {norm}, {{"shape", back ? Ints{0, 4, 5, 6} : Ints{0, 5, 4, 6}}});
}

}  // namespace

TEST_CASE("recognize_group_norm") {
    check_rows(recognize_group_norm,
               {{"two groups", "GroupNormalization",
                 [](Net& net, ValueId x) {
                     return group_norm(net, x, 2, {0, 2, -1});
                 }},
                {"four groups as a map", "GroupNormalization",
                 [](Net& net, ValueId x) {
                     return group_norm(net, x, 4, {0, 4, 6, 5});
                 }},
                {"groups of parts of channels", "Reshape GroupNormalization Reshape",
                 [](Net& net, ValueId x) {
                     return group_norm(net, x, 8, {0, 8, -1});
                 }},
                {"another shape behind it", "Reshape GroupNormalization Reshape", [](Net& net, ValueId x) {
                     return group_norm(net, x, 2, {0, 2, -1}, false);
                 }}});
}

TEST_CASE("recognize_group_norm: scale and bias follow by fold_affine") {
    Net net;
    const ValueId y = group_norm(net, net.input(kImage), 2, {0, 2, -1});
    Graph graph =
        std::move(net).build({add(net, mul(net, y, net.weights({4, 1, 1})), net.weights({4, 1, 1}))});
    const Graph before = graph;
    simplify(graph);
    check_same(before, graph);
    CHECK(line(graph) == "GroupNormalization");
    CHECK(graph.nodes[0].attributes.integer("num_groups", 0) == 2);
}
