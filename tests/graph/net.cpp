#include "tests/graph/net.h"

#include "graph/interpreter.h"
#include "graph/verify.h"
#include "tests/support/tensors.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

namespace dyce::test {
namespace {

float unit_gain(std::int64_t summands) { return std::sqrt(3.f / static_cast<float>(summands)); }

std::vector<Tensor> random_inputs(const Graph& graph, std::int64_t images) {
    std::mt19937 random(99);
    std::vector<Tensor> inputs;
    for (const GraphInput& input : graph.inputs) {
        Shape shape = input.type.shape;
        shape[0] = images;
        inputs.push_back(random_tensor(shape, random, -2, 2));
    }
    return inputs;
}

}  // namespace

ValueId Net::input(const Shape& shape, const std::string& name) {
    return builder_.input(name, {DataType::kFloat32, shape});
}

ValueId Net::weights(const Shape& shape, float low, float high) {
    return builder_.constant("w" + std::to_string(constants_++), random_tensor(shape, random_, low, high));
}

ValueId Net::number(float value) {
    return builder_.constant("w" + std::to_string(constants_++), Tensor::of({}, {value}));
}

ValueId Net::op(const std::string& op, std::vector<ValueId> inputs, Attributes attributes,
                const std::string& name) {
    return builder_.add(op, std::move(inputs), std::move(attributes), name);
}

ValueId Net::conv(ValueId x, std::int64_t channels, std::int64_t kernel, std::int64_t groups, bool bias,
                  std::int64_t stride) {
    const std::int64_t inputs = shape(x)[1] / groups;
    const float bound = unit_gain(inputs * kernel * kernel);
    std::vector<ValueId> parameters{x, weights({channels, inputs, kernel, kernel}, -bound, bound)};
    if (bias) parameters.push_back(weights({channels}));
    return op("Conv", parameters,
              {{"pads", Ints(4, kernel / 2)}, {"strides", Ints(2, stride)}, {"group", groups}});
}

ValueId Net::batch_norm(ValueId x) {
    const Shape channels{shape(x)[1]};
    return op("BatchNormalization", {x, weights(channels, 0.5f, 2), weights(channels), weights(channels),
                                     weights(channels, 0.5f, 2)});
}

ValueId Net::matmul(ValueId x, std::int64_t features) {
    const float bound = unit_gain(shape(x)[-1]);
    return op("MatMul", {x, weights({shape(x)[-1], features}, -bound, bound)});
}

ValueId Net::gemm(ValueId x, std::int64_t features, Attributes attributes) {
    const float bound = unit_gain(shape(x)[-1]);
    const bool transposed = attributes.integer("transB", 0) != 0;
    const Shape shape_of_weights = transposed ? Shape{features, shape(x)[-1]} : Shape{shape(x)[-1], features};
    return op("Gemm", {x, weights(shape_of_weights, -bound, bound), weights({features})},
              std::move(attributes));
}

Graph Net::build(const std::vector<ValueId>& outputs) && {
    for (ValueId output : outputs) builder_.output(output);
    return std::move(builder_).build();
}

std::string line(const Graph& graph) {
    std::string text;
    for (const Node& node : graph.nodes) {
        text += (text.empty() ? "" : " ") + std::string(node.spec->name);
        for (const PostOp& op : node.post_ops) text += "+" + std::string(op.spec->name);
    }
    return text;
}

void check_same(const Graph& before, const Graph& after) {
    INFO("before: ", line(before));
    INFO("after: ", line(after));
    verify(after);
    CHECK(count_macs(before) == count_macs(after));
    REQUIRE(before.inputs.size() == after.inputs.size());
    for (std::size_t i = 0; i < before.inputs.size(); ++i)
        CHECK(before.value(before.inputs[i].value).name == after.value(after.inputs[i].value).name);
    REQUIRE(before.outputs.size() == after.outputs.size());
    const auto inputs = random_inputs(before, 2);
    const auto want = interpret(before, inputs);
    const auto got = interpret(after, inputs);
    for (std::size_t i = 0; i < want.size(); ++i) {
        CHECK(before.value(before.outputs[i]).name == after.value(after.outputs[i]).name);
        INFO("output ", before.value(before.outputs[i]).name);
        check_close_to_largest(got[i], want[i], 1e-4f);
    }
}

std::string line_after(bool (*pass)(Graph&), const Graph& graph) {
    Graph rewritten = graph;
    const bool changed = pass(rewritten);
    if (!changed) CHECK(line(rewritten) == line(graph));
    check_same(graph, rewritten);
    return line(rewritten);
}

}  // namespace dyce::test
