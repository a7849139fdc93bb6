// A graph whose gradients are compared with central differences, in double, of its forward pass written out.
#pragma once

#include "graph/builder.h"
#include "runtime/core/onednn/compat.h"
#include "search/train/backward/network_run.h"
#include "search/train/random.h"
#include "tests/search/train/plain_forward.h"

#include <doctest/doctest.h>

#include <functional>

namespace dyce::test {

inline Tensor random_tensor(const Shape& shape, std::uint64_t seed) {
    Random random(seed, 77);
    Tensor tensor(DataType::kFloat32, shape);
    float* to = tensor.mutable_data<float>();
    for (std::int64_t i = 0; i < tensor.elements(); ++i) to[i] = static_cast<float>(2 * random.uniform() - 1);
    return tensor;
}

inline Doubles doubles_of(std::span<const float> numbers) { return {numbers.begin(), numbers.end()}; }
inline Doubles doubles_of(const Tensor& tensor) {
    return doubles_of({tensor.data<float>(), static_cast<std::size_t>(tensor.elements())});
}

// A graph under test, and the same function in double: of its input and its constants in the graph's order.
struct Case {
    GraphBuilder builder;
    ValueId input = -1;
    Shape shape;
    std::function<Doubles(const Doubles& input, const std::vector<Doubles>& constants)> plain;

    explicit Case(const Shape& input_shape) : shape(input_shape) {
        Shape one = shape;
        one[0] = 1;
        input = builder.input("input", {DataType::kFloat32, one});
    }
    ValueId constant(const Shape& constant_shape, float scale = 1) {
        const std::uint64_t seed = builder.graph().values.size();
        Tensor value = random_tensor(constant_shape, seed);
        for (std::int64_t i = 0; i < value.elements(); ++i) value.mutable_data<float>()[i] *= scale;
        return builder.constant("c" + std::to_string(seed), std::move(value));
    }
    Plane plane() const { return {shape[0], shape[1], shape[2], shape[3]}; }
};

// The loss is the sum of outputs, each times a random weight.
inline double loss_of(const Doubles& outputs, const Doubles& weights) {
    REQUIRE(outputs.size() == weights.size());
    double loss = 0;
    for (std::size_t i = 0; i < outputs.size(); ++i) loss += outputs[i] * weights[i];
    return loss;
}

// Compares a hundred or so of the gradients, evenly spread.
inline void check_differences(const char* of, Doubles& variable, const Doubles& gradient,
                              const std::function<double()>& loss, double tolerance) {
    REQUIRE(gradient.size() == variable.size());
    double scale = 0;
    for (const double one : gradient) scale = std::max(scale, std::abs(one));
    const std::size_t stride = std::max<std::size_t>(1, variable.size() / 97);
    for (std::size_t i = 0; i < variable.size(); i += stride) {
        const double kept = variable[i], h = 1e-6;
        variable[i] = kept + h;
        const double above = loss();
        variable[i] = kept - h;
        const double below = loss();
        variable[i] = kept;
        const double expected = (above - below) / (2 * h);
        if (std::abs(gradient[i] - expected) > tolerance * (1 + scale))
            FAIL_CHECK(of << " " << i << ": " << gradient[i] << ", expected " << expected);
    }
}

inline void check(Case& one, ValueId output, Precision precision = Precision::kFloat32) {
    const bool is_narrow = precision == Precision::kBfloat16;
    const double output_tolerance = is_narrow ? 0.02 : 1e-5, tolerance = is_narrow ? 0.03 : 2e-5;
    one.builder.output(output);
    const Graph graph = one.builder.graph();
    NetworkRun run(graph, one.shape[0], {.precision = precision, .towards_inputs = true});
    const Tensor input = random_tensor(one.shape, 1001);
    std::copy_n(input.data<float>(), input.elements(), run.input(0).data());
    run.forward();

    std::vector<Doubles> constants;
    for (const Value& value : graph.values)
        if (value.constant) constants.push_back(doubles_of(*value.constant));
    Doubles inputs = doubles_of(input);
    const Doubles outputs = one.plain(inputs, constants);
    REQUIRE(run.output(0).size() == outputs.size());
    for (std::size_t i = 0; i < outputs.size(); ++i)
        if (std::abs(static_cast<double>(run.output(0)[i]) - outputs[i]) >
            output_tolerance * (1 + std::abs(outputs[i])))
            FAIL_CHECK("output " << i << ": " << run.output(0)[i] << ", expected " << outputs[i]);

    const Tensor weights = random_tensor({static_cast<std::int64_t>(outputs.size())}, 1002);
    std::copy_n(weights.data<float>(), weights.elements(), run.output_gradient(0).data());
    run.backward();
    const Doubles loss_weights = doubles_of(weights);
    const auto loss = [&] { return loss_of(one.plain(inputs, constants), loss_weights); };
    check_differences("input", inputs, doubles_of(run.input_gradient(0)), loss, tolerance);

    Graph gradients = graph;
    run.write_constants(run.gradients(), gradients);
    std::size_t index = 0;
    for (std::size_t v = 0; v < graph.values.size(); ++v) {
        if (!graph.values[v].constant) continue;
        Doubles& constant = constants[index++];
        if (graph.values[v].name.find("running") == std::string::npos)
            check_differences(graph.values[v].name.c_str(), constant,
                              doubles_of(*gradients.values[v].constant), loss, tolerance);
    }
}

using Ints = std::vector<std::int64_t>;

inline Attributes window_attributes(const PlainConv& window) {
    return {{"kernel_shape", Ints{window.kernel, window.kernel}},
            {"strides", Ints{window.stride, window.stride}},
            {"pads", Ints(4, window.pad)}};
}

inline ValueId add_conv(Case& one, const PlainConv& conv, std::int64_t channels, bool bias, float scale = 1) {
    const Shape weights{channels, one.shape[1] / conv.group, conv.kernel, conv.kernel};
    std::vector<ValueId> inputs{one.input, one.constant(weights, scale)};
    if (bias) inputs.push_back(one.constant({channels}));
    Attributes attributes = window_attributes(conv);
    attributes.set("group", conv.group);
    attributes.set("dilations", Ints{conv.dilation, conv.dilation});
    return one.builder.add("Conv", inputs, attributes);
}

inline ValueId add_batch_norm(Case& one, ValueId x, std::int64_t channels) {
    const ValueId scale = one.constant({channels}), shift = one.constant({channels});
    const ValueId mean = one.builder.constant("running_mean", Tensor(DataType::kFloat32, {channels}));
    const ValueId variance = one.builder.constant("running_variance", Tensor(DataType::kFloat32, {channels}));
    return one.builder.add("BatchNormalization", {x, scale, shift, mean, variance}, {{"epsilon", 1e-3f}});
}

inline std::vector<Precision> precisions() {
    if (onednn::has_bfloat16()) return {Precision::kFloat32, Precision::kBfloat16};
    MESSAGE("skipped: no bfloat16 instructions");
    return {Precision::kFloat32};
}

}  // namespace dyce::test
