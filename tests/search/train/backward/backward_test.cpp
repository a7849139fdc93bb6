// Covers add, backward_pass, batch_normalization, bfloat16_loops, bias, conv, gemm, move, network_run, pools, relu,
// reordered, sum, tape, training_plan, view, runtime/core/onednn/training.
// The gradients that oneDNN and our loops compute in float against central differences, in double, of forward
// passes written out by definition. A wrong sign, a forgotten term of a batch norm's statistics, a transposed
// weight or a gradient lost where a value is read twice each shift some number far beyond the tolerance. In
// bfloat16 that is wide, as its numbers are: 8 bits.
#include "tests/search/train/backward/backward_case.h"

#include <dyce/error.h>

using namespace dyce;
using namespace dyce::test;

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
