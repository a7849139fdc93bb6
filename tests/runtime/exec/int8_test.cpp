// Covers ops/lowering/int8_convolution, ops/spec/quantization.
// int8: convolutions against integer arithmetic written out here, where the result lies, what stays float32.
// All scales are powers of two and the weights whole steps of one, so that every number on the way is exact
// and so must be the result.
#include "graph/builder.h"
#include "graph/interpreter.h"
#include "runtime/core/onednn/compat.h"
#include "runtime/exec/executor.h"
#include "tests/runtime/flow/exit_net.h"

#include <dyce/error.h>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>

using namespace dyce;
using namespace dyce::test;

namespace {

const CompileOptions kInt8{.max_batch = 4, .precision = Precision::kInt8};
constexpr std::int64_t kSide = 7;
constexpr Quantization kUnsigned{0.0625f, false}, kSigned{0.125f, true};
constexpr Quantization kCoarse{64, true}, kCoarseUnsigned{32, false};

bool available() {
    if (onednn::has_int8_products()) return true;
    MESSAGE("skipped: no AVX-512 VNNI instructions");
    return false;
}

// What 8 bits hold of a number: rounded to even, clipped.
double held(double number, const Quantization& as) {
    const double integer = std::nearbyint(number / as.scale);
    return as.scale * std::clamp(integer, as.is_signed ? -128.0 : 0.0, as.is_signed ? 127.0 : 255.0);
}

Tensor held(Tensor numbers, const Quantization& as) {
    for (std::int64_t i = 0; i < numbers.elements(); ++i)
        numbers.mutable_data<float>()[i] = static_cast<float>(held(numbers.data<float>()[i], as));
    return numbers;
}

// Numbers between and beyond those that the scales above hold.
Tensor numbers(const Shape& shape, unsigned seed) {
    std::mt19937 random(seed);
    Tensor tensor(DataType::kFloat32, shape);
    for (std::int64_t i = 0; i < tensor.elements(); ++i)
        tensor.mutable_data<float>()[i] = static_cast<float>(static_cast<int>(random() % 2048) - 1024) / 37;
    return tensor;
}

// Integers of -127 to 127, both in each channel, times a power of two of the channel.
Tensor weights(const Shape& shape, unsigned seed) {
    std::mt19937 random(seed);
    Tensor tensor(DataType::kFloat32, shape);
    const std::int64_t size = tensor.elements() / shape[0];
    for (std::int64_t i = 0; i < tensor.elements(); ++i) {
        const int integer = i % size == 0 ? 127 : static_cast<int>(random() % 255) - 127;
        tensor.mutable_data<float>()[i] =
            std::ldexp(static_cast<float>(integer), static_cast<int>(i / size % 3) - 2);
    }
    return tensor;
}

Tensor whole_numbers(const Shape& shape, unsigned seed) {
    std::mt19937 random(seed);
    Tensor tensor(DataType::kFloat32, shape);
    for (std::int64_t i = 0; i < tensor.elements(); ++i)
        tensor.mutable_data<float>()[i] = static_cast<float>(static_cast<int>(random() % 1024) - 512);
    return tensor;
}

// 3x3, one pixel of padding, in double: sums of so few integers are exact.
Tensor convolve(const Tensor& x, const Tensor& w, const Tensor& bias) {
    const std::int64_t n = x.shape()[0], c = x.shape()[1], out = w.shape()[0], group_inputs = w.shape()[1];
    Tensor y(DataType::kFloat32, {n, out, kSide, kSide});
    float* to = y.mutable_data<float>();
    for (std::int64_t i = 0; i < n * out * kSide * kSide; ++i) {
        const std::int64_t column = i % kSide, row = i / kSide % kSide, o = i / (kSide * kSide) % out;
        const std::int64_t first =
            i / (kSide * kSide * out) * c + o / (out * group_inputs / c) * group_inputs;
        double sum = bias.data<float>()[o];
        for (std::int64_t k = 0; k < group_inputs * 9; ++k) {
            const std::int64_t r = row + k / 3 % 3 - 1, s = column + k % 3 - 1;
            if (r < 0 || s < 0 || r >= kSide || s >= kSide) continue;
            sum += static_cast<double>(w.data<float>()[o * group_inputs * 9 + k]) *
                   x.data<float>()[((first + k / 9) * kSide + r) * kSide + s];
        }
        to[i] = static_cast<float>(sum);
    }
    return y;
}

Tensor add(Tensor a, const Tensor& b) {
    for (std::int64_t i = 0; i < a.elements(); ++i) a.mutable_data<float>()[i] += b.data<float>()[i];
    return a;
}

Tensor relu(Tensor x) {
    for (std::int64_t i = 0; i < x.elements(); ++i)
        x.mutable_data<float>()[i] = std::max(x.data<float>()[i], 0.f);
    return x;
}

void check_same(const Tensor& actual, const Tensor& expected) {
    REQUIRE(actual.shape() == expected.shape());
    std::int64_t different = 0;
    for (std::int64_t i = 0; i < actual.elements(); ++i)
        different += actual.data<float>()[i] == expected.data<float>()[i] ? 0 : 1;
    CHECK(different == 0);
}

// A graph under construction with the scales of its values.
struct Net : GraphBuilder {
    std::vector<std::pair<ValueId, Quantization>> scales;
    int constants = 0;

    ValueId conv(ValueId x, const Tensor& w, const Tensor& bias) {
        const std::string name = std::to_string(constants++);
        return add(
            "Conv", {x, constant("w" + name, w), constant("b" + name, bias)},
            {{"pads", std::vector<std::int64_t>{1, 1, 1, 1}}, {"group", type(x).shape[1] / w.shape()[1]}});
    }
    ValueId image(std::int64_t channels, const std::string& name = "x") {
        return input(name, {DataType::kFloat32, {1, channels, kSide, kSide}});
    }
    ValueId hold(ValueId value, const Quantization& as) {
        scales.emplace_back(value, as);
        return value;
    }
    Graph finish() && {
        const auto own = scales;
        Graph graph = std::move(*this).build();
        for (const auto& [value, as] : own) graph.value(value).quantization = as;
        return graph;
    }
};

std::vector<std::string> plan_of(const Graph& graph) {
    std::vector<std::string> steps;
    for (const StepReport& step : CompiledModel::compile(graph, kInt8)->steps())
        steps.push_back(step.description);
    return steps;
}

Tensor run(const Graph& graph, const std::vector<Tensor>& inputs) {
    return Executor(CompiledModel::compile(graph, kInt8)).run(inputs)[0];
}

}  // namespace

TEST_CASE("int8 convolutions compute what integers do, exactly") {
    if (!available()) return;
    for (const std::int64_t channels : {3, 16, 32})
        for (const std::int64_t group : {std::int64_t{1}, channels})
            for (const Quantization& source : {kUnsigned, kSigned})
                for (const auto& destination : {std::optional<Quantization>(), std::optional(kCoarse),
                                                std::optional(kCoarseUnsigned)}) {
                    CAPTURE(channels);
                    CAPTURE(group);
                    CAPTURE(source.is_signed);
                    CAPTURE(destination.has_value());
                    const Tensor w = weights({channels, channels / group, 3, 3}, 1);
                    const Tensor bias = whole_numbers({channels}, 2);
                    Net net;
                    const ValueId x = net.hold(net.image(channels), source);
                    const ValueId y = net.add("Relu", {net.conv(x, w, bias)}, {}, "y");
                    net.output(y);
                    if (destination) net.hold(y, *destination);
                    const Graph graph = std::move(net).finish();
                    const Tensor images = numbers({3, channels, kSide, kSide}, 3);
                    Tensor expected = relu(convolve(held(images, source), w, bias));
                    if (destination) expected = held(expected, *destination);
                    check_same(run(graph, {images}), expected);
                    const char* type = source.is_signed ? "s8 " : "u8 ";
                    const auto steps = plan_of(graph);
                    CHECK(std::any_of(steps.begin(), steps.end(), [&](const std::string& step) {
                        return step.find("Conv+Relu") != step.npos && step.find(type) != step.npos;
                    }));
                }
}

TEST_CASE("int8 residual sums add numbers, however either side is held") {
    if (!available()) return;
    constexpr std::int64_t kChannels = 32;
    const Tensor first = weights({kChannels, kChannels, 3, 3}, 1),
                 second = weights({kChannels, kChannels, 3, 3}, 2);
    const Tensor bias = whole_numbers({kChannels}, 3);
    const Tensor images = numbers({3, kChannels, kSide, kSide}, 4),
                 others = whole_numbers({3, kChannels, kSide, kSide}, 5);
    for (const auto& operand :
         {std::optional<Quantization>(), std::optional(kCoarse), std::optional(kCoarseUnsigned)})
        for (const auto& destination :
             {std::optional<Quantization>(), std::optional<Quantization>({128, true}),
              std::optional<Quantization>({256, false})})
            for (const bool by_convolution : {false, true}) {
                CAPTURE(operand.has_value());
                CAPTURE(destination.has_value());
                CAPTURE(by_convolution);
                Net net;
                const ValueId x = net.hold(net.image(kChannels), kUnsigned);
                const ValueId given =
                    by_convolution ? net.conv(x, first, bias) : net.image(kChannels, "other");
                if (operand) net.hold(given, *operand);
                const ValueId y =
                    net.add("Relu", {net.add("Add", {net.conv(x, second, bias), given})}, {}, "y");
                net.output(y);
                if (destination) net.hold(y, *destination);
                const Graph graph = std::move(net).finish();

                const Tensor source = held(images, kUnsigned);
                Tensor added = by_convolution ? convolve(source, first, bias) : others;
                // An input is float32: only a destination of integers asks for it in integers.
                if (operand && (by_convolution || destination)) added = held(added, *operand);
                Tensor expected = relu(add(convolve(source, second, bias), added));
                // Where the operand has no integers the destination has none either.
                if (operand && destination) expected = held(expected, *destination);
                check_same(by_convolution ? run(graph, {images}) : run(graph, {images, others}), expected);
            }
}

TEST_CASE("integers stay integers through maxima and joins of one scale") {
    if (!available()) return;
    const Tensor w = weights({16, 16, 3, 3}, 1), wide = weights({16, 32, 3, 3}, 2),
                 bias = whole_numbers({16}, 3);
    for (const float second_scale : {32.f, 64.f}) {
        Net net;
        const ValueId x = net.hold(net.image(16), kUnsigned);
        const ValueId a = net.hold(net.add("Relu", {net.conv(x, w, bias)}), kCoarseUnsigned);
        const ValueId pooled = net.add("MaxPool", {a},
                                       {{"kernel_shape", std::vector<std::int64_t>{3, 3}},
                                        {"pads", std::vector<std::int64_t>{1, 1, 1, 1}}});
        const ValueId b = net.hold(net.add("Relu", {net.conv(pooled, w, bias)}), {second_scale, false});
        const ValueId joined =
            net.hold(net.add("Concat", {pooled, b}, {{"axis", std::int64_t{1}}}), {second_scale, false});
        net.output(net.conv(joined, wide, bias));
        const Graph graph = std::move(net).finish();

        const Tensor images = numbers({2, 16, kSide, kSide}, 4);
        const Tensor held_a = held(relu(convolve(held(images, kUnsigned), w, bias)), kCoarseUnsigned);
        const Tensor largest = interpret(Node{find_op("MaxPool"),
                                              "pool",
                                              {{"kernel_shape", std::vector<std::int64_t>{3, 3}},
                                               {"pads", std::vector<std::int64_t>{1, 1, 1, 1}}},
                                              {0},
                                              {1},
                                              {}},
                                         {held_a})[0];
        const Quantization second{second_scale, false};
        const Tensor held_b = held(relu(convolve(largest, w, bias)), second);
        Tensor both(DataType::kFloat32, {2, 32, kSide, kSide});
        const std::size_t half = 16 * kSide * kSide;
        for (std::size_t n = 0; n < 2; ++n) {
            std::memcpy(both.mutable_data<float>() + 2 * n * half, largest.data<float>() + n * half,
                        half * sizeof(float));
            std::memcpy(both.mutable_data<float>() + (2 * n + 1) * half, held_b.data<float>() + n * half,
                        half * sizeof(float));
        }
        check_same(run(graph, {images}), convolve(held(both, second), wide, bias));

        // One scale: the only re-orders are those of the image, the two halves and the answer.
        const auto model = CompiledModel::compile(graph, kInt8);
        const auto steps = model->steps();
        const auto reorders =
            std::count_if(steps.begin(), steps.end(), [](const StepReport& step) { return step.is_reorder; });
        CHECK((reorders == 4) == (second_scale == 32.f));
    }
}

TEST_CASE("integers are cut and padded as the numbers they stand for") {
    if (!available()) return;
    const Tensor w = weights({16, 16, 3, 3}, 1), bias = whole_numbers({16}, 2);
    for (const float filler : {0.f, 1.5f}) {
        CAPTURE(filler);
        Net net;
        const ValueId x = net.hold(net.image(16), kUnsigned);
        const ValueId y = net.hold(net.add("Relu", {net.conv(x, w, bias)}), kCoarseUnsigned);
        const ValueId cut = net.add("Slice", {y},
                                    {{"axes", std::vector<std::int64_t>{2, 3}},
                                     {"starts", std::vector<std::int64_t>{0, 0}},
                                     {"ends", std::vector<std::int64_t>{kSide, kSide}},
                                     {"steps", std::vector<std::int64_t>{2, 2}}});
        const std::vector<std::int64_t> pads = {0, 8, 0, 0, 0, 8, 0, 0};
        net.output(net.add("Pad", {cut}, {{"pads", pads}, {"value", filler}}));
        const Tensor images = numbers({2, 16, kSide, kSide}, 3);
        const Tensor whole = held(relu(convolve(held(images, kUnsigned), w, bias)), kCoarseUnsigned);
        Tensor expected(DataType::kFloat32, {2, 32, 4, 4});
        for (std::int64_t i = 0; i < expected.elements(); ++i) {
            const std::int64_t channel = i / 16 % 32 - 8, row = i / 4 % 4 * 2, column = i % 4 * 2;
            expected.mutable_data<float>()[i] =
                channel < 0 || channel >= 16
                    ? filler
                    : whole.data<float>()[((i / 512 * 16 + channel) * kSide + row) * kSide + column];
        }
        check_same(run(std::move(net).finish(), {images}), expected);
    }
}

TEST_CASE("int8 leaves alone what has no scale, and heads") {
    if (!available()) return;
    const Tensor w = weights({16, 16, 3, 3}, 1), bias = whole_numbers({16}, 2);
    Net net;
    const ValueId x = net.image(16);
    const ValueId y = net.conv(x, w, bias);
    net.output(net.conv(net.hold(net.add("Abs", {y}), kCoarseUnsigned), w, bias));
    net.output(y);
    const Graph graph = std::move(net).finish();
    const Tensor images = numbers({1, 16, kSide, kSide}, 3);
    const auto plain = Executor(CompiledModel::compile(graph)).run({images});
    const auto narrow = Executor(CompiledModel::compile(graph, kInt8)).run({images});
    check_same(narrow[1], plain[1]);

    ExitNet exits = make_exit_net(1);
    for (Value& value : exits.graph.values)
        if (!value.constant) value.quantization = Quantization{0.03f, true};
    for (const StepReport& step : CompiledModel::compile(exits.graph, exits.exits, kInt8)->steps())
        if (!step.is_reorder && step.description.find("Conv") == std::string::npos)
            CHECK(step.description.find("8 a") == std::string::npos);
}

TEST_CASE("int8 answers do not depend on the batch") {
    if (!available()) return;
    ExitNet net = make_exit_net(3);
    std::mt19937 random(4);
    std::normal_distribution<float> normal;
    Tensor images(DataType::kFloat32, {4, 3, 8, 8});
    for (std::int64_t i = 0; i < images.elements(); ++i) images.mutable_data<float>()[i] = normal(random);
    for (const Node& node : net.graph.nodes)
        net.graph.value(node.outputs[0]).quantization = Quantization{0.05f, node.spec->name != "Relu"};
    Executor executor(CompiledModel::compile(net.graph, kInt8));
    const auto together = executor.run({images});
    for (std::int64_t i = 0; i < 4; ++i) {
        Tensor one(DataType::kFloat32, {1, 3, 8, 8});
        std::memcpy(one.mutable_data<float>(), images.data<float>() + i * 192, 192 * sizeof(float));
        const auto alone = executor.run({one});
        for (std::size_t output = 0; output < alone.size(); ++output)
            CHECK(std::memcmp(alone[output].bytes(), together[output].data<float>() + i * 5,
                              5 * sizeof(float)) == 0);
    }
}

TEST_CASE("int8 is refused without scales, and where the processor lacks it") {
    Graph graph = make_exit_net(1).graph;
    const auto refused = [&](const char* piece) {
        CHECK_THROWS_WITH_AS(CompiledModel::compile(graph, kInt8), doctest::Contains(piece), Error);
    };
    refused(onednn::has_int8_products() ? "dyce quantize" : "no AVX-512 VNNI");
    for (Value& value : graph.values) value.quantization = Quantization{};
    if (onednn::has_int8_products())
        CHECK_NOTHROW(CompiledModel::compile(graph, kInt8));
    else
        refused("no AVX-512 VNNI");
}
