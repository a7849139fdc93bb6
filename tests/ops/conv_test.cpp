#include "tests/ops/window_taps.h"

using namespace dyce;
using namespace dyce::test;

namespace {

// The definition, gathered output by output in double precision.
Tensor convolve(const WindowCase& row, const Tensor& x, const Tensor& weights, const Tensor* bias) {
    const auto size = output_sizes(row);
    Shape shape{row.input[0], row.outputs};
    for (std::size_t a = 3 - row.kernel.size(); a < 3; ++a) shape.push_back(size[a]);
    const std::int64_t plane = Shape(row.input.begin() + 2, row.input.end()).elements();
    const std::int64_t group_inputs = row.input[1] / row.group;
    std::vector<double> values;
    for (std::int64_t n = 0; n < row.input[0]; ++n)
        for (std::int64_t o = 0; o < row.outputs; ++o)
            for (std::int64_t z = 0; z < size[0]; ++z)
                for (std::int64_t y = 0; y < size[1]; ++y)
                    for (std::int64_t column = 0; column < size[2]; ++column) {
                        double sum = bias != nullptr ? bias->data<float>()[o] : 0;
                        const float* weight = weights.data<float>() + o * (weights.elements() / row.outputs);
                        for (std::int64_t c = 0; c < group_inputs; ++c) {
                            const std::int64_t channel = o / (row.outputs / row.group) * group_inputs + c;
                            const float* image = x.data<float>() + (n * row.input[1] + channel) * plane;
                            visit_taps(row, {z, y, column}, [&](std::int64_t at) {
                                sum += at < 0 ? 0 : double(*weight) * image[at];
                                ++weight;
                            });
                        }
                        values.push_back(sum);
                    }
    return tensor(shape, values);
}

const std::vector<std::string> kRows = {
    "w7_k3",
    "n2c3w11_oc4k3s2p1",
    "c4h6w6_oc5k1",
    "n2c16h9w9_oc32k3s2p1g4",
    "n3c5h8w7_oc6k3kw2p1pe0",
    "c6h9w8_g6k5p2",
    "c6h9w8_oc12g6k3p1s2sw1",
    "c3h14w14_oc8k7s2p3",
    "n2c4h12w10_oc4k3dl2p2",
    "c2h5w5_oc3k3s3pe2",
    "c2d5h6w7_oc4k3p1",
    "c4d7h6w5_oc4g2k2kw3s2dl2p1",
    "n0c4h5w5_oc2k3",
};

}  // namespace

TEST_CASE("Conv is its definition") {
    for (const std::string& text : kRows)
        for (const bool biased : {false, true}) {
            CAPTURE(text);
            const WindowCase row(text);
            std::vector<Tensor> inputs{random_tensor(row.input, 1), random_tensor(row.weights(), 2)};
            if (biased) inputs.push_back(random_tensor({row.outputs}, 3));
            check_close(run_reference("Conv", inputs, row.conv_attributes()),
                        convolve(row, inputs[0], inputs[1], biased ? &inputs[2] : nullptr), 1e-5);
        }
}

TEST_CASE("Conv pads as auto_pad says") {
    const Tensor x = tensor({1, 1, 4}, {1, 2, 3, 4}), w = tensor({1, 1, 2}, {1, 1});
    const auto run = [&](const std::string& auto_pad, std::int64_t stride) {
        return run_reference("Conv", {x, w},
                             {{"auto_pad", auto_pad}, {"strides", std::vector<std::int64_t>{stride}}});
    };
    check_close(run("SAME_UPPER", 1), tensor({1, 1, 4}, {3, 5, 7, 4}));
    check_close(run("SAME_LOWER", 1), tensor({1, 1, 4}, {1, 3, 5, 7}));
    check_close(run("SAME_UPPER", 2), tensor({1, 1, 2}, {3, 7}));
    check_close(run("SAME_LOWER", 3), tensor({1, 1, 2}, {1, 7}));  // 2 windows reach over 5: one pad
    check_close(run("VALID", 1), tensor({1, 1, 3}, {3, 5, 7}));
    check_close(run("NOTSET", 1), tensor({1, 1, 3}, {3, 5, 7}));
}

TEST_CASE("Conv counts multiply-adds on padding too") {
    const auto count = [](const std::string& text) {
        const WindowCase row(text);
        return macs("Conv", {f32(row.input), f32(row.weights())}, row.conv_attributes());
    };
    CHECK(count("c3h224w224_oc64k7s2p3") == 118'013'952);  // the first layer of every ResNet
    CHECK(count("c32h112w112_g32k3p1") == 32 * 112 * 112 * 9);
    CHECK(count("c8w5_oc2g2k3p1") == 2 * 5 * 4 * 3);
    CHECK_THROWS_WITH_AS(macs("Conv", {f32({1 << 20, 1 << 20, 1 << 20}), f32({1 << 20, 1 << 20, 1})}),
                         doctest::Contains("overflow"), Error);
}

TEST_CASE("Conv refuses what does not fit") {
    using Ints = std::vector<std::int64_t>;
    const struct {
        Shape input, weights;
        Attributes attributes;
        const char* piece;
    } rows[] = {
        {{1, 4, 5}, {2, 4, 3, 3}, {}, "expected equal ranks"},
        {{4, 4}, {2, 4}, {}, "expected equal ranks of 3 to 5"},
        {{1, 4, 5, 5}, {2, 3, 3, 3}, {}, "expected 4 input channels a group"},
        {{1, 4, 5, 5}, {2, 4, 3, 3}, {{"group", 3}}, "group is 3, expected a divisor of 4 input"},
        {{1, 4, 5, 5}, {3, 2, 3, 3}, {{"group", 2}}, "3 output channels"},
        {{1, 4, 5, 5}, {2, 4, 3, 3}, {{"group", 0}}, "group is 0"},
        {{1, 4, 5, 5}, {2, 4, 0, 3}, {}, "kernel_shape[0] is 0"},
        {{1, 4, 5, 5}, {2, 4, 3, 3}, {{"kernel_shape", Ints{3, 2}}}, "kernel_shape is [3, 2]"},
        {{1, 4, 5, 5}, {2, 4, 3, 3}, {{"strides", Ints{1, 0}}}, "strides[1] is 0"},
        {{1, 4, 5, 5}, {2, 4, 3, 3}, {{"strides", Ints{1}}}, "strides has 1 entries, expected 2"},
        {{1, 4, 5, 5}, {2, 4, 3, 3}, {{"dilations", Ints{0, 1}}}, "dilations[0] is 0"},
        {{1, 4, 5, 5}, {2, 4, 3, 3}, {{"pads", Ints{0, 0, -1, 0}}}, "pads[2] is -1"},
        {{1, 4, 5, 5}, {2, 4, 3, 3}, {{"pads", Ints{0, 0, 0, 1ll << 31}}}, "pads[3] is 2147483648"},
        {{1, 4, 5, 5}, {2, 4, 3, 3}, {{"pads", Ints{1, 1}}}, "pads has 2 entries, expected 4"},
        {{1, 4, 5, 2}, {2, 4, 3, 3}, {}, "leaves no output of spatial axis 1"},
        {{1, 4, 5, 5}, {2, 4, 3, 3}, {{"auto_pad", "SAME"}}, "auto_pad is \"SAME\""},
        {{1, 4, 5, 5},
         {2, 4, 3, 3},
         {{"auto_pad", "VALID"}, {"pads", Ints{1, 1, 1, 1}}},
         "both pads [1, 1, 1, 1] and auto_pad VALID"},
    };
    for (const auto& row : rows)
        check_refused("Conv", {f32(row.input), f32(row.weights)}, row.attributes, row.piece);
    check_refused("Conv", {f32({1, 4, 5}), f32({2, 4, 3}), f32({3})}, {}, "bias is 3, expected 2");
    check_refused("Conv", {{DataType::kInt64, {1, 4, 5}}, f32({2, 4, 3})}, {}, "input 0 is int64");
}
