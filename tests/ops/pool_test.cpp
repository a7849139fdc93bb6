// Covers adaptive_average_pool, adaptive_cells, average_pool, global_average_pool, global_max_pool, max_pool.
#include "tests/ops/window_taps.h"

#include <limits>

using namespace dyce;
using namespace dyce::test;
using Ints = std::vector<std::int64_t>;

namespace {

// The definition, gathered window by window: maximum, sum and counts of the taps.
struct Taps {
    double maximum = -std::numeric_limits<double>::infinity(), sum = 0;
    int inside = 0, all = 0;
};

std::vector<Taps> windows_of(const WindowCase& row, const Tensor& x) {
    const auto size = output_sizes(row);
    const std::int64_t plane = Shape(row.input.begin() + 2, row.input.end()).elements();
    std::vector<Taps> windows;
    for (std::int64_t c = 0; c < row.input[0] * row.input[1]; ++c)
        for (std::int64_t z = 0; z < size[0]; ++z)
            for (std::int64_t y = 0; y < size[1]; ++y)
                for (std::int64_t column = 0; column < size[2]; ++column) {
                    Taps taps;
                    visit_taps(row, {z, y, column}, [&](std::int64_t at) {
                        ++taps.all;
                        if (at < 0) return;
                        const double value = x.data<float>()[c * plane + at];
                        ++taps.inside;
                        taps.sum += value;
                        taps.maximum = std::max(taps.maximum, value);
                    });
                    windows.push_back(taps);
                }
    return windows;
}

const std::vector<std::string> kRows = {
    "w7_k3",         "n2c3w11_k3s2p1",    "n2c16h9w9_k3s2p1", "c3h8w7_k3kw2p1pe0",
    "c5h12w12_k2s2", "c2h9w10_k2dl3s2p1", "c2d5h6w7_k3p1",    "c3d6h6w6_k2s2dl2",
    "n0c3h6w6_k2",
};

}  // namespace

TEST_CASE("MaxPool and AveragePool are their definitions") {
    for (const std::string& text : kRows) {
        CAPTURE(text);
        const WindowCase row(text);
        const Tensor x = random_tensor(row.input, 1);
        Shape shape{row.input[0], row.input[1]};
        for (std::size_t a = 3 - row.kernel.size(); a < 3; ++a) shape.push_back(output_sizes(row)[a]);
        std::vector<double> maxima, averages, averages_with_pad;
        for (const Taps& taps : windows_of(row, x)) {
            maxima.push_back(taps.maximum);
            averages.push_back(taps.sum / taps.inside);
            averages_with_pad.push_back(taps.sum / taps.all);
        }
        Attributes attributes = row.attributes();
        check_close(run_reference("MaxPool", {x}, attributes), tensor(shape, maxima));
        check_close(run_reference("AveragePool", {x}, attributes), tensor(shape, averages), 1e-5);
        attributes.set("count_include_pad", 1);
        check_close(run_reference("AveragePool", {x}, attributes), tensor(shape, averages_with_pad), 1e-5);
    }
}

TEST_CASE("ceil_mode adds the windows that the end cuts off") {
    const Tensor x = tensor({1, 1, 6}, {1, 2, 3, 4, 5, 6});
    const struct {
        std::int64_t kernel, stride, begin, end, ceil_mode;
        std::vector<double> maxima, averages, averages_with_pad;
    } rows[] = {
        {3, 2, 0, 0, 0, {3, 5}, {2, 4}, {2, 4}},
        {3, 2, 0, 0, 1, {3, 5, 6}, {2, 4, 5.5}, {2, 4, 5.5}},  // what lies beyond never counts
        {4, 4, 0, 0, 1, {4, 6}, {2.5, 5.5}, {2.5, 5.5}},
        {3, 4, 1, 0, 1, {2, 6}, {1.5, 5}, {1, 5}},
        {2, 3, 1, 1, 1, {1, 4, 6}, {1, 3.5, 6}, {0.5, 3.5, 3}},  // declared padding does
        {1, 3, 0, 1, 1, {1, 4}, {1, 4}, {1, 4}},                 // a third would start in the padding
    };
    for (const auto& row : rows) {
        CAPTURE(row.kernel);
        CAPTURE(row.stride);
        Attributes attributes{{"kernel_shape", Ints{row.kernel}},
                              {"strides", Ints{row.stride}},
                              {"pads", Ints{row.begin, row.end}},
                              {"ceil_mode", row.ceil_mode}};
        const Shape shape{1, 1, static_cast<std::int64_t>(row.maxima.size())};
        check_close(run_reference("MaxPool", {x}, attributes), tensor(shape, row.maxima));
        check_close(run_reference("AveragePool", {x}, attributes), tensor(shape, row.averages));
        attributes.set("count_include_pad", 1);
        check_close(run_reference("AveragePool", {x}, attributes), tensor(shape, row.averages_with_pad));
    }
}

TEST_CASE("pools pad as auto_pad says") {
    const Tensor x = tensor({1, 1, 4}, {1, 2, 4, 8});
    const auto run = [&](const char* op, const std::string& auto_pad) {
        return run_reference(op, {x}, {{"kernel_shape", Ints{2}}, {"auto_pad", auto_pad}});
    };
    check_close(run("MaxPool", "SAME_UPPER"), tensor({1, 1, 4}, {2, 4, 8, 8}));
    check_close(run("MaxPool", "SAME_LOWER"), tensor({1, 1, 4}, {1, 2, 4, 8}));
    check_close(run("AveragePool", "SAME_UPPER"), tensor({1, 1, 4}, {1.5, 3, 6, 8}));
    check_close(run("AveragePool", "VALID"), tensor({1, 1, 3}, {1.5, 3, 6}));
}

TEST_CASE("global pools reduce each plane") {
    const Tensor x = tensor({1, 2, 2, 2}, {1, 2, 3, 6, -1, -2, -3, -4});
    check_close(run_reference("GlobalAveragePool", {x}), tensor({1, 2, 1, 1}, {3, -2.5}));
    check_close(run_reference("GlobalMaxPool", {x}), tensor({1, 2, 1, 1}, {6, -1}));
    check_close(run_reference("GlobalAveragePool", {tensor({1, 2, 2}, {1, 2, 3, 6})}),
                tensor({1, 2, 1}, {1.5, 4.5}));
    check_close(run_reference("GlobalMaxPool", {tensor({0, 2, 2}, {})}), tensor({0, 2, 1}, {}));
    check_refused("GlobalAveragePool", {f32({1, 2})}, {}, "input is 1x2, expected rank 3 to 5");
    check_refused("GlobalMaxPool", {f32({1, 2, 0, 3})}, {}, "expected spatial axes above 0");
}

TEST_CASE("AdaptiveAveragePool averages the cells of a grid") {
    // PyTorch 1.13: F.adaptive_avg_pool2d(torch.arange(1., 36).reshape(1, 1, 5, 7) ** 2, (3, 2))
    Tensor x(DataType::kFloat32, {1, 1, 5, 7});
    for (int i = 0; i < 35; ++i) x.mutable_data<float>()[i] = static_cast<float>((i + 1) * (i + 1));
    check_close(run_reference("AdaptiveAveragePool", {x}, {{"output_size", Ints{3, 2}}}),
                tensor({1, 1, 3, 2}, {49.5, 94.5, 306.1666666667, 414.1666666667, 742.5, 913.5}));
    check_close(run_reference("AdaptiveAveragePool", {x}, {{"output_size", Ints{5, 7}}}), x);
    const TensorType image = f32({2, 3, 5, 7});
    CHECK(macs("AdaptiveAveragePool", {image}, {{"output_size", Ints{2, 2}}}) == 0);
    for (const Ints& size : {Ints{6, 1}, Ints{1, 8}, Ints{0, 1}, Ints{2}})
        check_refused("AdaptiveAveragePool", {image}, {{"output_size", size}}, "output_size is [");
    check_refused("AdaptiveAveragePool", {f32({2, 3, 5})}, {{"output_size", Ints{2, 2}}}, "expected rank 4");
}

TEST_CASE("pools refuse what does not fit") {
    const TensorType image = f32({1, 1, 5, 5});
    const struct {
        Attributes attributes;
        const char* piece;
    } rows[] = {
        {{}, "attribute \"kernel_shape\" is missing"},
        {{{"kernel_shape", Ints{2}}}, "kernel_shape has 1 entries, expected 2"},
        {{{"kernel_shape", Ints{0, 2}}}, "kernel_shape[0] is 0"},
        {{{"kernel_shape", Ints{2, 40000}}}, "kernel_shape[1] is 40000, expected 1 to 32768"},
        {{{"kernel_shape", Ints{6, 6}}}, "leaves no output"},
        {{{"kernel_shape", Ints{2, 2}}, {"strides", Ints{0, 1}}}, "strides[0] is 0"},
        {{{"kernel_shape", Ints{2, 2}}, {"pads", Ints{2, 0, 0, 0}}}, "covers nothing but padding (2 and 0"},
        {{{"kernel_shape", Ints{2, 2}}, {"pads", Ints{0, 0, 0, 2}}}, "covers nothing but padding (0 and 2"},
        {{{"kernel_shape", Ints{2, 2}}, {"dilations", Ints{9, 1}}, {"pads", Ints{3, 0, 3, 0}}},
         "covers nothing but padding (3 and 3 around an input of 5)"},
    };
    for (const auto& row : rows)
        for (const char* op : {"MaxPool", "AveragePool"})
            check_refused(op, {image}, row.attributes, row.piece);
    check_refused("MaxPool", {image}, {{"kernel_shape", Ints{2, 2}}}, "has 2 outputs, expected 1", 2);
    check_refused("MaxPool", {{DataType::kUint8, image.shape}}, {{"kernel_shape", Ints{2, 2}}}, "is uint8");
}
