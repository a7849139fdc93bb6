// Covers batch_normalization, global_response_normalization, group_normalization, layer_normalization,
// log_softmax, lrn, softmax.
#include "tests/ops/compiled.h"

using namespace dyce;
using namespace dyce::test;

namespace {

using Ints = std::vector<std::int64_t>;

// Where each element of a tensor stands along its axes.
std::vector<std::int64_t> index_of(std::int64_t place, const Shape& shape) {
    std::vector<std::int64_t> index(static_cast<std::size_t>(shape.rank()));
    for (int axis = shape.rank(); axis-- > 0; place /= shape[axis])
        index[static_cast<std::size_t>(axis)] = place % shape[axis];
    return index;
}

double mean_of(const std::vector<double>& values) {
    double sum = 0;
    for (const double v : values) sum += v;
    return sum / static_cast<double>(values.size());
}

double variance_of(const std::vector<double>& values) {
    std::vector<double> squares;
    for (const double v : values) squares.push_back((v - mean_of(values)) * (v - mean_of(values)));
    return mean_of(squares);
}

}  // namespace

TEST_CASE("BatchNormalization shifts and scales channels by their stored statistics") {
    const Tensor x = tensor({1, 2, 1, 3}, {-1, 0, 1, 2, 3, 4});
    const Tensor scale = tensor({2}, {1, 1.5}), bias = tensor({2}, {0, 1});
    const Tensor mean = tensor({2}, {0, 3}), variance = tensor({2}, {0.75, 2});
    // With epsilon 1/4 the first channel is divided by 1, the second by 3/2.
    check_close(run_reference("BatchNormalization", {x, scale, bias, mean, variance}, {{"epsilon", 0.25f}}),
                tensor({1, 2, 1, 3}, {-1, 0, 1, 0, 1, 2}));
    check_close(run_reference("BatchNormalization", {tensor({1, 1}, {3}), tensor({1}, {2}), tensor({1}, {1}),
                                                     tensor({1}, {1}), tensor({1}, {1})}),
                tensor({1, 1}, {2 * 2 / std::sqrt(1.00001) + 1}));
}

TEST_CASE("BatchNormalization computes the same compiled, in any layout") {
    for (const Shape& shape :
         {Shape{4, 19}, Shape{2, 19, 7}, Shape{2, 19, 5, 3}, Shape{2, 19, 1, 1}, Shape{1, 3, 2, 4, 5}})
        for (const Layout layout : layouts_of(shape))
            for (const bool constant : {false, true}) {
                CAPTURE(shape.to_string());
                CAPTURE(name_of(layout));
                GraphBuilder builder(false);
                std::vector<ValueId> inputs{add_input(builder, shape, layout)};
                for (unsigned i = 0; i < 4; ++i)
                    inputs.push_back(
                        constant ? builder.constant(std::to_string(i), random_tensor({shape[1]}, i, 1, 2))
                                 : builder.add("Exp", {add_input(builder, {shape[1]})}));
                builder.output(builder.add("BatchNormalization", inputs));
                check_compiled(std::move(builder).build());
            }
}

TEST_CASE("LayerNormalization makes each row's mean 0 and variance 1") {
    for (const auto& entry : {std::pair<Shape, std::int64_t>{{2, 3, 5}, -1},
                              {{2, 3, 5}, 1},
                              {{2, 3, 5}, 0},
                              {{7}, 0},
                              {{2, 1}, 1}}) {
        const Shape& shape = entry.first;
        const std::int64_t axis = entry.second;
        CAPTURE(shape.to_string());
        CAPTURE(axis);
        const int first = static_cast<int>(axis < 0 ? axis + shape.rank() : axis);
        const Shape row(shape.begin() + first, shape.end());
        const Tensor x = random_tensor(shape, 1), scale = random_tensor(row, 2), bias = random_tensor(row, 3);
        const auto xs = values_of(x), scales = values_of(scale), biases = values_of(bias);
        std::vector<double> y, means, factors;
        for (std::size_t start = 0; start < xs.size(); start += scales.size()) {
            const std::vector<double> values(xs.begin() + static_cast<std::ptrdiff_t>(start),
                                             xs.begin() + static_cast<std::ptrdiff_t>(start + scales.size()));
            means.push_back(mean_of(values));
            factors.push_back(1 / std::sqrt(variance_of(values) + 0.125));
            for (std::size_t i = 0; i < values.size(); ++i)
                y.push_back((values[i] - means.back()) * factors.back() * scales[i] + biases[i]);
        }
        Shape statistics(shape.begin(), shape.begin() + first);
        while (statistics.rank() < shape.rank()) statistics.push_back(1);
        const Attributes attributes{{"axis", axis}, {"epsilon", 0.125f}};
        const auto outputs = run_reference_many("LayerNormalization", {x, scale, bias}, attributes, 3);
        check_close(outputs[0], tensor(shape, y));
        check_close(outputs[1], tensor(statistics, means));
        check_close(outputs[2], tensor(statistics, factors));
        for (std::size_t i = 0; i < y.size(); ++i) y[i] -= biases[i % biases.size()];
        check_close(run_reference("LayerNormalization", {x, scale}, attributes), tensor(shape, y));
    }
}

TEST_CASE("LayerNormalization computes the same compiled, in any layout") {
    for (const Shape& shape : {Shape{40}, Shape{3, 96}, Shape{2, 17, 33}, Shape{2, 5, 7, 48}})
        for (const Layout layout : layouts_of(shape))
            for (int axis = 0; axis < shape.rank(); ++axis)
                for (const bool biased : {false, true}) {
                    CAPTURE(shape.to_string());
                    CAPTURE(name_of(layout));
                    CAPTURE(axis);
                    const Shape row(shape.begin() + axis, shape.end());
                    GraphBuilder builder(false);
                    ValueId x = builder.add("Neg", {add_input(builder, shape, layout)});
                    std::vector<ValueId> inputs{x, builder.constant("scale", random_tensor(row, 5))};
                    if (biased) inputs.push_back(builder.constant("bias", random_tensor(row, 6)));
                    builder.output(builder.add("LayerNormalization", inputs, {{"axis", std::int64_t{axis}}}));
                    check_compiled(std::move(builder).build());
                }
}

TEST_CASE("GlobalResponseNormalization is the paper's, channels last") {
    const Shape shape{2, 3, 2, 5};
    const Tensor x = random_tensor(shape, 1), gamma = random_tensor({5}, 2), beta = random_tensor({5}, 3);
    const double epsilon = 0.0625;
    double squares[2][5] = {}, means[2] = {};
    for (std::int64_t i = 0; i < x.elements(); ++i) {
        const auto index = index_of(i, shape);
        squares[index[0]][index[3]] += double(x.data<float>()[i]) * x.data<float>()[i];
    }
    for (int n = 0; n < 2; ++n)
        for (const double s : squares[n]) means[n] += std::sqrt(s) / 5;
    std::vector<double> y;
    for (std::int64_t i = 0; i < x.elements(); ++i) {
        const auto index = index_of(i, shape);
        const double response = std::sqrt(squares[index[0]][index[3]]) / (means[index[0]] + epsilon);
        const double v = x.data<float>()[i];
        y.push_back(gamma.data<float>()[index[3]] * v * response + beta.data<float>()[index[3]] + v);
    }
    check_close(run_reference("GlobalResponseNormalization", {x, gamma, beta},
                              {{"axes", Ints{1, 2}}, {"epsilon", 0.0625f}}),
                tensor(shape, y));
    // One channel: the response is 1 but for epsilon.
    check_close(run_reference("GlobalResponseNormalization",
                              {tensor({1, 2, 1}, {3, -4}), tensor({1}, {2}), tensor({1}, {0.5})},
                              {{"axes", Ints{1}}}),
                tensor({1, 2, 1}, {9.5, -11.5}), 1e-5);
}

TEST_CASE("GlobalResponseNormalization computes the same compiled, in any layout") {
    for (const Shape& shape : {Shape{2, 7, 33}, Shape{3, 5, 7, 48}, Shape{1, 1, 1, 8}, Shape{2, 2, 3, 4, 5}})
        for (const Layout layout : layouts_of(shape)) {
            CAPTURE(shape.to_string());
            CAPTURE(name_of(layout));
            Ints axes;
            for (int axis = 1; axis + 1 < shape.rank(); ++axis) axes.push_back(axis);
            GraphBuilder builder(false);
            const ValueId x = add_input(builder, shape, layout);
            const ValueId gamma = builder.constant("gamma", random_tensor({shape[-1]}, 5));
            const ValueId beta = builder.constant("beta", random_tensor({shape[-1]}, 6));
            for (const ValueId value : {x, builder.add("Neg", {x})})  // the second may be overwritten
                builder.output(
                    builder.add("GlobalResponseNormalization", {value, gamma, beta}, {{"axes", axes}}));
            check_compiled(std::move(builder).build());
        }
}

TEST_CASE("GroupNormalization makes each group's mean 0 and variance 1, then scales channels") {
    // Groups of two channels: (1, 3, 5, 7) and (2, 2, 4, 4); of one: (1, 3), (5, 7), (2, 2), (4, 4).
    const Tensor x = tensor({1, 4, 2}, {1, 3, 5, 7, 2, 2, 4, 4});
    const Tensor scale = tensor({4}, {1, 2, 1, 1}), bias = tensor({4}, {0, 0, 0, 1});
    const double five = std::sqrt(5.0);
    check_close(run_reference("GroupNormalization", {x, scale, bias}, {{"num_groups", 2}, {"epsilon", 0.f}}),
                tensor({1, 4, 2}, {-3 / five, -1 / five, 2 / five, 6 / five, -1, -1, 2, 2}));
    check_close(
        run_reference("GroupNormalization", {x, scale, bias}, {{"num_groups", 4}, {"epsilon", 1.f}}),
        tensor({1, 4, 2}, {-std::sqrt(0.5), std::sqrt(0.5), -std::sqrt(2.0), std::sqrt(2.0), 0, 0, 1, 1}));
}

TEST_CASE("GroupNormalization computes the same compiled, in any layout") {
    for (const Shape& shape : {Shape{2, 6, 7}, Shape{3, 24, 5, 7}, Shape{1, 96, 33, 31}, Shape{2, 6}})
        for (const Layout layout : layouts_of(shape))
            for (const std::int64_t groups : {std::int64_t{1}, std::int64_t{3}, shape[1]}) {
                CAPTURE(shape.to_string());
                CAPTURE(groups);
                GraphBuilder builder(false);
                const ValueId x = add_input(builder, shape, layout);
                const ValueId scale = builder.constant("scale", random_tensor({shape[1]}, 5));
                const ValueId bias = builder.constant("bias", random_tensor({shape[1]}, 6));
                for (const ValueId value : {x, builder.add("Neg", {x})})  // the second may be overwritten
                    builder.output(
                        builder.add("GroupNormalization", {value, scale, bias}, {{"num_groups", groups}}));
                check_compiled(std::move(builder).build());
            }
}

TEST_CASE("LRN divides by the squares of neighbouring channels") {
    // Windows of three channels: sums of squares 5, 14, 29, 25.
    const Tensor x = tensor({1, 4, 1}, {1, 2, 3, 4});
    check_close(run_reference("LRN", {x}, {{"size", 3}, {"alpha", 3.f}, {"beta", 1.f}, {"bias", 1.f}}),
                tensor({1, 4, 1}, {1 / 6.0, 2 / 15.0, 3 / 30.0, 4 / 26.0}));
    check_refused("LRN", {f32({1, 4})}, {{"size", 0}}, "size is 0");
}

TEST_CASE("Softmax gives shares of e^x along one axis") {
    const double e = std::exp(1.0);
    check_close(run_reference("Softmax", {tensor({1, 3}, {-1, 0, 1})}),
                tensor({1, 3}, {1 / (1 + e + e * e), e / (1 + e + e * e), e * e / (1 + e + e * e)}));
    check_close(run_reference("Softmax", {tensor({2, 2}, {1, 2, 3, 2})}, {{"axis", std::int64_t{0}}}),
                tensor({2, 2}, {1 / (1 + e * e), 0.5, e * e / (1 + e * e), 0.5}));
    check_close(run_reference("Softmax", {tensor({2}, {10000, 10001})}),
                tensor({2}, {1 / (1 + e), e / (1 + e)}));
    check_close(run_reference("Softmax", {tensor({1, 0}, {})}), tensor({1, 0}, {}));
    check_close(run_reference("LogSoftmax", {tensor({2}, {10000, 10001})}),
                tensor({2}, {-std::log(1 + e), 1 - std::log(1 + e)}));
    check_close(run_reference("LogSoftmax", {tensor({2}, {0, -1000})}), tensor({2}, {0, -1000}));
}

TEST_CASE("Softmax computes the same compiled, in any layout") {
    for (const Shape& shape : {Shape{1000}, Shape{3, 1000}, Shape{2, 19, 5, 3}, Shape{2, 3, 4, 5, 6}})
        for (const Layout layout : layouts_of(shape))
            for (const std::string op : {"Softmax", "LogSoftmax"})
                for (int axis = 0; axis < shape.rank(); ++axis) {
                    CAPTURE(op);
                    CAPTURE(shape.to_string());
                    CAPTURE(name_of(layout));
                    CAPTURE(axis);
                    GraphBuilder builder(false);
                    const ValueId x = add_input(builder, shape, layout);
                    builder.output(builder.add(op, {x}, {{"axis", std::int64_t{axis}}}));
                    check_compiled(std::move(builder).build());
                }
}

TEST_CASE("normalisations refuse what does not fit") {
    const TensorType x = f32({1, 3, 4, 5}), three = f32({3}), five = f32({5});
    check_refused("BatchNormalization", {x, three, three, f32({4}), three}, {}, "mean is 4, expected 3");
    check_refused("BatchNormalization", {x, three, three, three}, {}, "has 4 inputs, expected 5");
    check_refused("BatchNormalization", {f32({3}), three, three, three, three}, {},
                  "expected rank 2 or more");
    check_refused("LayerNormalization", {x, three}, {}, "scale is 3, expected 5");
    check_refused("LayerNormalization", {x, f32({4, 5}), five}, {{"axis", std::int64_t{2}}},
                  "bias is 5, expected 4x5");
    check_refused("LayerNormalization", {x, five}, {{"axis", std::int64_t{4}}}, "axis 4 is outside");
    check_refused("LayerNormalization", {{DataType::kInt32, {5}}, five}, {}, "input 0 is int32");
    check_refused("GlobalResponseNormalization", {x, five, five}, {{"axes", Ints{2, 3}}},
                  "axes are [2, 3], expected [1, 2]");
    check_refused("GlobalResponseNormalization", {x, five, five}, {}, "\"axes\" is missing");
    check_refused("GlobalResponseNormalization", {x, three, five}, {{"axes", Ints{1, 2}}}, "gamma is 3");
    check_refused("GlobalResponseNormalization", {f32({2, 5}), five, five}, {{"axes", Ints{}}},
                  "expected rank 3 or more");
    check_refused("GroupNormalization", {x, three, three}, {{"num_groups", 2}},
                  "expected a divisor of the 3 channels");
    check_refused("GroupNormalization", {x, three, five}, {{"num_groups", 3}}, "bias is 5, expected 3");
    check_refused("Softmax", {x}, {{"axis", std::int64_t{-5}}}, "axis -5 is outside");
    check_refused("Softmax", {f32({})}, {}, "axis -1 is outside");
    check_refused("LogSoftmax", {{DataType::kBool, {5}}}, {}, "input 0 is bool");
}
