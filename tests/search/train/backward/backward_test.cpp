// Covers add, backward_pass, batch_normalization, bfloat16_loops, bias, conv, gate, gemm, move, network_run, pools, relu,
// reordered, sum, tape, training_plan, view, runtime/core/onednn/training.
// The gradients that oneDNN and our loops compute in float against central differences, in double, of forward
// passes written out by definition. A wrong sign, a forgotten term of a batch norm's statistics, a transposed
// weight or a gradient lost where a value is read twice each shift some number far beyond the tolerance. In
// bfloat16 that is wide, as its numbers are: 8 bits.
#include "graph/builder.h"
#include "runtime/core/onednn/compat.h"
#include "search/train/backward/gate.h"
#include "search/train/backward/network_run.h"
#include "search/train/random.h"
#include "tests/search/train/plain_forward.h"

#include <doctest/doctest.h>

#include <dyce/error.h>

#include <functional>

using namespace dyce;
using namespace dyce::test;

namespace {

Tensor random_tensor(const Shape& shape, std::uint64_t seed) {
    Random random(seed, 77);
    Tensor tensor(DataType::kFloat32, shape);
    float* to = tensor.mutable_data<float>();
    for (std::int64_t i = 0; i < tensor.elements(); ++i) to[i] = static_cast<float>(2 * random.uniform() - 1);
    return tensor;
}

Doubles doubles_of(std::span<const float> numbers) { return {numbers.begin(), numbers.end()}; }
Doubles doubles_of(const Tensor& tensor) {
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
double loss_of(const Doubles& outputs, const Doubles& weights) {
    REQUIRE(outputs.size() == weights.size());
    double loss = 0;
    for (std::size_t i = 0; i < outputs.size(); ++i) loss += outputs[i] * weights[i];
    return loss;
}

// Compares a hundred or so of the gradients, evenly spread.
void check_differences(const char* of, Doubles& variable, const Doubles& gradient,
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

void check(Case& one, ValueId output, Precision precision = Precision::kFloat32) {
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

Attributes window_attributes(const PlainConv& window) {
    return {{"kernel_shape", Ints{window.kernel, window.kernel}},
            {"strides", Ints{window.stride, window.stride}},
            {"pads", Ints(4, window.pad)}};
}

ValueId add_conv(Case& one, const PlainConv& conv, std::int64_t channels, bool bias, float scale = 1) {
    const Shape weights{channels, one.shape[1] / conv.group, conv.kernel, conv.kernel};
    std::vector<ValueId> inputs{one.input, one.constant(weights, scale)};
    if (bias) inputs.push_back(one.constant({channels}));
    Attributes attributes = window_attributes(conv);
    attributes.set("group", conv.group);
    attributes.set("dilations", Ints{conv.dilation, conv.dilation});
    return one.builder.add("Conv", inputs, attributes);
}

ValueId add_batch_norm(Case& one, ValueId x, std::int64_t channels) {
    const ValueId scale = one.constant({channels}), shift = one.constant({channels});
    const ValueId mean = one.builder.constant("running_mean", Tensor(DataType::kFloat32, {channels}));
    const ValueId variance = one.builder.constant("running_variance", Tensor(DataType::kFloat32, {channels}));
    return one.builder.add("BatchNormalization", {x, scale, shift, mean, variance}, {{"epsilon", 1e-3f}});
}

}  // namespace

std::vector<Precision> precisions() {
    if (onednn::has_bfloat16()) return {Precision::kFloat32, Precision::kBfloat16};
    MESSAGE("skipped: no bfloat16 instructions");
    return {Precision::kFloat32};
}

TEST_CASE("convolutions go backwards") {
    const struct {
        Shape input;
        std::int64_t channels;
        PlainConv conv;
        bool bias;
    } rows[] = {
        {{2, 3, 8, 8}, 16, {3, 1, 1}, false},      {{2, 16, 8, 8}, 16, {3, 1, 1}, false},
        {{3, 16, 9, 7}, 32, {3, 2, 1}, true},      {{2, 32, 4, 4}, 64, {1, 1, 0}, true},
        {{1, 5, 6, 6}, 7, {3, 1, 1}, true},        {{2, 16, 8, 8}, 32, {1, 2, 0}, false},
        {{2, 32, 7, 7}, 32, {3, 1, 1, 32}, false}, {{2, 8, 9, 9}, 8, {3, 1, 2, 2, 2}, true},
        {{4, 3, 32, 32}, 16, {3, 1, 1}, false},    {{2, 32, 8, 8}, 32, {3, 1, 1}, true},
    };
    for (const Precision precision : precisions())
        for (const auto& row : rows) {
            CAPTURE(name_of(precision));
            CAPTURE(row.input.to_string());
            CAPTURE(row.channels);
            Case one(row.input);
            one.plain = [&](const Doubles& x, const std::vector<Doubles>& c) {
                return row.conv(one.plane(), row.channels, x, c[0], row.bias ? c[1] : Doubles());
            };
            // Outputs as big as inputs, however many of those are summed: the tolerance is of their last
            // bits.
            const auto summed = row.input[1] / row.conv.group * row.conv.kernel * row.conv.kernel;
            const float scale = 1 / std::sqrt(static_cast<float>(summed));
            check(one, add_conv(one, row.conv, row.channels, row.bias, scale), precision);
        }
}

TEST_CASE("batch norms go backwards through the statistics of the batch") {
    for (const Shape& shape : {Shape{4, 16, 5, 5}, Shape{3, 3, 4, 6}, Shape{2, 32, 2, 2}})
        for (const bool relu : {false, true}) {
            CAPTURE(shape.to_string());
            CAPTURE(relu);
            Case one(shape);
            ValueId output = add_batch_norm(one, one.input, shape[1]);
            if (relu) output = one.builder.add("Relu", {output});
            one.plain = [&](const Doubles& x, const std::vector<Doubles>& c) {
                const Doubles y = plain_batch_norm(one.plane(), x, c[0], c[1], 1e-3);
                return relu ? plain_relu(y) : y;
            };
            check(one, output);
        }
}

TEST_CASE("running statistics follow those of the batch, the variance unbiased") {
    const Shape shape{4, 16, 3, 3};
    Case one(shape);
    one.builder.output(add_batch_norm(one, one.input, shape[1]));
    Graph graph = one.builder.graph();
    NetworkRun run(graph, shape[0]);
    const Tensor input = random_tensor(shape, 5);
    std::copy_n(input.data<float>(), input.elements(), run.input(0).data());
    run.forward();
    run.forward();
    run.write_constants(run.numbers(), graph);
    Doubles means, variances;
    plain_batch_norm(one.plane(), doubles_of(input), Doubles(16, 1), Doubles(16), 1e-3, &means, &variances);
    for (const Value& value : graph.values)
        for (std::size_t c = 0; c < 16 && value.name.starts_with("running"); ++c) {
            const double of_batch = value.name == "running_mean" ? means[c] : variances[c] * 36 / 35;
            const double expected = (1 - 0.9 * 0.9) * of_batch;  // two steps from 0
            CHECK(std::abs(static_cast<double>(value.constant->data<float>()[c]) - expected) < 1e-6);
        }
}

TEST_CASE("pools go backwards") {
    const PlainConv windows[] = {{2, 2, 0}, {3, 2, 1}, {3, 1, 1}};
    for (const Shape& shape : {Shape{2, 16, 8, 8}, Shape{2, 3, 7, 9}})
        for (const PlainConv& window : windows)
            for (const int kind : {0, 1, 2}) {
                CAPTURE(shape.to_string());
                CAPTURE(window.kernel);
                CAPTURE(kind);
                Case one(shape);
                one.plain = [&](const Doubles& x, const std::vector<Doubles>&) {
                    return plain_pool(one.plane(), window, x,
                                      kind == 0   ? largest
                                      : kind == 1 ? average
                                                  : average_with_padding);
                };
                Attributes attributes = window_attributes(window);
                if (kind == 2) attributes.set("count_include_pad", std::int64_t{1});
                check(one, one.builder.add(kind == 0 ? "MaxPool" : "AveragePool", {one.input}, attributes));
            }
}

TEST_CASE("pools to a grid go backwards, cells that overlap too") {
    for (const Shape& shape : {Shape{2, 16, 8, 8}, Shape{2, 5, 7, 9}})
        for (const std::int64_t grid : {1, 2, 4, 3, 5}) {
            CAPTURE(shape.to_string());
            CAPTURE(grid);
            Case one(shape);
            one.plain = [&](const Doubles& x, const std::vector<Doubles>&) {
                return plain_adaptive_pool(one.plane(), grid, x);
            };
            check(one, grid == 1 ? one.builder.add("GlobalAveragePool", {one.input})
                                 : one.builder.add("AdaptiveAveragePool", {one.input},
                                                   {{"output_size", Ints{grid, grid}}}));
        }
}

TEST_CASE("layers go backwards") {
    for (const bool transposed : {false, true})
        for (const bool bias : {false, true}) {
            CAPTURE(transposed);
            CAPTURE(bias);
            Case one({5, 24});
            std::vector<ValueId> inputs{one.input, one.constant(transposed ? Shape{7, 24} : Shape{24, 7})};
            if (bias) inputs.push_back(one.constant({7}));
            one.plain = [&](const Doubles& x, const std::vector<Doubles>& c) {
                Doubles weights = c[0];
                if (!transposed)
                    for (std::size_t o = 0; o < 7; ++o)
                        for (std::size_t i = 0; i < 24; ++i) weights[o * 24 + i] = c[0][i * 7 + o];
                return plain_linear(5, 24, x, weights, bias ? c[1] : Doubles());
            };
            check(one, one.builder.add("Gemm", inputs, {{"transB", std::int64_t{transposed}}}));
        }
}

TEST_CASE("a block goes backwards: two ways join, one value is read twice, channels are added") {
    for (const Precision precision : precisions()) {
        CAPTURE(name_of(precision));
        const Shape shape{2, 16, 6, 6};
        const PlainConv half{3, 2, 1}, same{3, 1, 1};
        Case one(shape);
        const ValueId first =
            one.builder.add("Relu", {add_batch_norm(one, add_conv(one, same, 16, false), 16)});
        ValueId shortcut = one.builder.add(
            "Slice", {first},
            {{"starts", Ints{0, 0}}, {"ends", Ints{99, 99}}, {"axes", Ints{2, 3}}, {"steps", Ints{2, 2}}});
        shortcut = one.builder.add("Pad", {shortcut}, {{"pads", Ints{0, 8, 0, 0, 0, 8, 0, 0}}});
        const ValueId weights = one.constant({32, 16, 3, 3});
        const ValueId second = one.builder.add("Conv", {first, weights}, window_attributes(half));
        const ValueId sum = one.builder.add("Relu", {one.builder.add("Add", {second, shortcut})});
        const ValueId doubled = one.builder.add("Add", {sum, one.builder.add("Relu", {second})});
        const ValueId flat = one.builder.add("Flatten", {one.builder.add("GlobalAveragePool", {doubled})},
                                             {{"axis", std::int64_t{1}}});
        const ValueId linear = one.constant({10, 32});
        one.plain = [&](const Doubles& x, const std::vector<Doubles>& c) {
            const Plane plane = one.plane();
            const Doubles a =
                plain_relu(plain_batch_norm(plane, same(plane, 16, x, c[0], {}), c[1], c[2], 1e-3));
            const Doubles b = half(plane, 32, a, c[5], {});
            const Doubles joined = plain_relu(plain_add(b, plain_shortcut(plane, 32, a)));
            const Doubles pooled =
                plain_adaptive_pool(half.output(plane, 32), 1, plain_add(joined, plain_relu(b)));
            return plain_linear(2, 32, pooled, c[6], {});
        };
        check(one, one.builder.add("Gemm", {flat, linear}, {{"transB", std::int64_t{1}}}), precision);
    }
}

namespace {

// What a gate's backward pass is the gradient of: the choice is made once, at the first call, and what goes through it
// has its weights from then on; the logits move a mixture of what stood on both sides then.
struct StraightThrough {
    std::size_t images, size;
    std::vector<double> p;  // at the first call
    std::vector<bool> runs;
    Doubles difference;

    Doubles operator()(const Doubles& skipped, const Doubles& run, const Doubles& logits) {
        std::vector<double> now(images);
        for (std::size_t n = 0; n < images; ++n)
            now[n] = 1 / (1 + std::exp(logits[2 * n] - logits[2 * n + 1]));
        if (p.empty()) {
            p = now;
            for (const double one : p) runs.push_back(one >= 0.5);
            for (std::size_t i = 0; i < run.size(); ++i) difference.push_back(run[i] - skipped[i]);
        }
        Doubles result;
        for (std::size_t i = 0; i < images * size; ++i)
            result.push_back((runs[i / size] ? run[i] : skipped[i]) +
                             (now[i / size] - p[i / size]) * difference[i]);
        return result;
    }
};

}  // namespace

TEST_CASE("gates choose row by row and go backwards as a mixture would") {
    for (const Precision precision : precisions())
        for (const std::int64_t channels : {16, 5}) {
            CAPTURE(name_of(precision));
            CAPTURE(channels);
            const Shape shape{6, channels, 4, 3};
            const PlainConv same{3, 1, 1};
            Case one(shape);
            const ValueId run = add_conv(one, same, channels, false, 0.2f);
            const ValueId pooled =
                one.builder.add("Flatten", {one.builder.add("GlobalAveragePool", {one.input})});
            const ValueId weights = one.constant({2, channels}, 4);
            const ValueId logits = one.builder.add("Gemm", {pooled, weights}, {{"transB", std::int64_t{1}}});
            const ValueId gated =
                one.builder.add_many(gate_op(), {one.input, run, logits}, {}, "gate", {"gated"})[0];
            StraightThrough gate{6, static_cast<std::size_t>(channels * 12), {}, {}, {}};
            one.plain = [&](const Doubles& x, const std::vector<Doubles>& c) {
                const Doubles z = plain_linear(6, static_cast<std::size_t>(channels),
                                               plain_adaptive_pool(one.plane(), 1, x), c[1], {});
                return gate(x, same(one.plane(), channels, x, c[0], {}), z);
            };
            check(one, gated, precision);
            CHECK(std::count(gate.runs.begin(), gate.runs.end(), true) > 0);  // both ways were taken
            CHECK(std::count(gate.runs.begin(), gate.runs.end(), false) > 0);
        }
}

TEST_CASE("a gate's noise is added to what its logits differ by, a column for each gate; ties run") {
    GraphBuilder builder;
    const ValueId skipped = builder.input("skipped", {DataType::kFloat32, {1, 3}});
    const ValueId run = builder.input("run", {DataType::kFloat32, {1, 3}});
    const ValueId logits = builder.input("logits", {DataType::kFloat32, {1, 2}});
    const ValueId noise = builder.constant("noise", Tensor::of({4, 2}, {-9, 0, 9, 0, -9, 1.5f, 0, 0}));
    builder.output(builder.add_many(gate_op(), {skipped, run, logits, noise}, {{"column", std::int64_t{1}}},
                                    "gate", {"gated"})[0]);
    NetworkRun network(builder.graph(), 4, {.towards_inputs = true});
    const auto fill = [](std::span<float> to, const std::vector<float>& from) {
        std::copy(from.begin(), from.end(), to.begin());
    };
    fill(network.input(0), {1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3});
    fill(network.input(1), {4, 6, 8, 4, 6, 8, 4, 6, 8, 4, 6, 8});
    fill(network.input(2), {1, 1, 2, 1, 2, 1, 0, NAN});
    network.forward();
    const std::vector<float> expected{4, 6, 8, 1, 2, 3, 4, 6, 8, 4, 6, 8};
    CHECK(std::equal(expected.begin(), expected.end(), network.output(0).begin()));

    fill(network.output_gradient(0), {1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0});
    network.backward();
    // The differences of both sides are 3, 4, 5; the probabilities those of 0, -1 and 0.5.
    const auto slope = [](double z) { return std::exp(-z) / std::pow(1 + std::exp(-z), 2); };
    const double by_logits[] = {3 * slope(0), 4 * slope(-1), 5 * slope(0.5)};
    for (std::size_t row = 0; row < 3; ++row) {
        CHECK(static_cast<double>(network.input_gradient(2)[2 * row]) == doctest::Approx(-by_logits[row]));
        CHECK(static_cast<double>(network.input_gradient(2)[2 * row + 1]) == doctest::Approx(by_logits[row]));
    }
    CHECK(network.input_gradient(0)[4] == 1);  // the skipped row, and no other
    CHECK(network.input_gradient(1)[4] == 0);
    CHECK(network.input_gradient(1)[0] == 1);
    CHECK(network.input_gradient(0)[0] == 0);
}

TEST_CASE("what cannot be trained is refused by name") {
    Case unknown({2, 4, 3, 3});
    unknown.builder.output(unknown.builder.add("Erf", {unknown.input}, {}, "odd"));
    CHECK_THROWS_WITH_AS(NetworkRun(unknown.builder.graph(), 2),
                         doctest::Contains("odd: Erf cannot be trained"), Error);
    Case shared({2, 4, 3, 3});
    const ValueId weights = shared.constant({4, 4, 1, 1});
    const ValueId once = shared.builder.add("Conv", {shared.input, weights});
    shared.builder.output(shared.builder.add("Conv", {once, weights}, {}, "twice"));
    CHECK_THROWS_WITH_AS(NetworkRun(shared.builder.graph(), 2), doctest::Contains("another node too"), Error);
}
