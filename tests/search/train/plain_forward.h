// The operators' forward passes once more, in double and by their definitions: what central differences are
// taken of. Row-major vectors; images are (N, C, H, W).
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

namespace dyce::test {

using Doubles = std::vector<double>;

struct Plane {
    std::int64_t n, c, h, w;
    std::int64_t at(std::int64_t i, std::int64_t j, std::int64_t y, std::int64_t x) const {
        return ((i * c + j) * h + y) * w + x;
    }
    bool covers(std::int64_t y, std::int64_t x) const { return y >= 0 && y < h && x >= 0 && x < w; }
    std::int64_t size() const { return n * c * h * w; }
};

inline std::size_t place(std::int64_t i) { return static_cast<std::size_t>(i); }

/// Square kernel, the same stride, padding and dilation on both axes. `bias` may be empty.
struct PlainConv {
    std::int64_t kernel, stride, pad, group = 1, dilation = 1;

    Plane output(const Plane& in, std::int64_t channels) const {
        const auto side = [&](std::int64_t size) {
            return (size + 2 * pad - dilation * (kernel - 1) - 1) / stride + 1;
        };
        return {in.n, channels, side(in.h), side(in.w)};
    }
    Doubles operator()(const Plane& in, std::int64_t channels, const Doubles& x, const Doubles& weights,
                       const Doubles& bias) const {
        const Plane out = output(in, channels);
        Doubles y(place(out.size()));
        const std::int64_t inputs = in.c / group, outputs = channels / group;
        for (std::int64_t n = 0; n < out.n; ++n)
            for (std::int64_t o = 0; o < channels; ++o)
                for (std::int64_t i = 0; i < out.h; ++i)
                    for (std::int64_t j = 0; j < out.w; ++j) {
                        double sum = bias.empty() ? 0 : bias[place(o)];
                        for (std::int64_t c = 0; c < inputs; ++c)
                            for (std::int64_t k = 0; k < kernel; ++k)
                                for (std::int64_t l = 0; l < kernel; ++l) {
                                    const std::int64_t row = i * stride + k * dilation - pad;
                                    const std::int64_t column = j * stride + l * dilation - pad;
                                    if (!in.covers(row, column)) continue;
                                    sum += weights[place(((o * inputs + c) * kernel + k) * kernel + l)] *
                                           x[place(in.at(n, o / outputs * inputs + c, row, column))];
                                }
                        y[place(out.at(n, o, i, j))] = sum;
                    }
        return y;
    }
};

inline Doubles plain_relu(Doubles x) {
    for (double& value : x) value = std::max(value, 0.0);
    return x;
}

inline Doubles plain_add(Doubles a, const Doubles& b) {
    for (std::size_t i = 0; i < a.size(); ++i) a[i] += b[i];
    return a;
}

/// With the statistics of the batch, which it hands out.
inline Doubles plain_batch_norm(const Plane& in, const Doubles& x, const Doubles& scale, const Doubles& shift,
                                double epsilon, Doubles* means = nullptr, Doubles* variances = nullptr) {
    Doubles y(x.size());
    const double count = static_cast<double>(in.n * in.h * in.w);
    for (std::int64_t c = 0; c < in.c; ++c) {
        const auto visit = [&](auto f) {
            for (std::int64_t n = 0; n < in.n; ++n)
                for (std::int64_t i = 0; i < in.h * in.w; ++i) f(place((n * in.c + c) * in.h * in.w + i));
        };
        double mean = 0, variance = 0;
        visit([&](std::size_t i) { mean += x[i] / count; });
        visit([&](std::size_t i) { variance += (x[i] - mean) * (x[i] - mean) / count; });
        visit([&](std::size_t i) {
            y[i] = (x[i] - mean) / std::sqrt(variance + epsilon) * scale[place(c)] + shift[place(c)];
        });
        if (means != nullptr) means->push_back(mean);
        if (variances != nullptr) variances->push_back(variance);
    }
    return y;
}

/// reduce(numbers under the window that lie on the image, numbers the whole window has).
template <class Reduce>
Doubles plain_pool(const Plane& in, const PlainConv& window, const Doubles& x, Reduce reduce) {
    const Plane out = window.output(in, in.c);
    Doubles y;
    for (std::int64_t n = 0; n < out.n; ++n)
        for (std::int64_t c = 0; c < out.c; ++c)
            for (std::int64_t i = 0; i < out.h; ++i)
                for (std::int64_t j = 0; j < out.w; ++j) {
                    Doubles under;
                    for (std::int64_t k = 0; k < window.kernel; ++k)
                        for (std::int64_t l = 0; l < window.kernel; ++l) {
                            const std::int64_t row = i * window.stride + k - window.pad;
                            const std::int64_t column = j * window.stride + l - window.pad;
                            if (in.covers(row, column)) under.push_back(x[place(in.at(n, c, row, column))]);
                        }
                    y.push_back(reduce(under, static_cast<double>(window.kernel * window.kernel)));
                }
    return y;
}

inline double largest(const Doubles& numbers, double) {
    return *std::max_element(numbers.begin(), numbers.end());
}
inline double average(const Doubles& numbers, double) {
    double sum = 0;
    for (const double number : numbers) sum += number;
    return sum / static_cast<double>(numbers.size());
}
inline double average_with_padding(const Doubles& numbers, double whole) {
    return average(numbers, whole) * static_cast<double>(numbers.size()) / whole;
}

/// PyTorch's AdaptiveAvgPool2d to grid x grid.
inline Doubles plain_adaptive_pool(const Plane& in, std::int64_t grid, const Doubles& x) {
    Doubles y;
    const auto begin = [&](std::int64_t cell, std::int64_t size) {
        return static_cast<std::int64_t>(std::floor(double(cell * size) / double(grid)));
    };
    const auto end = [&](std::int64_t cell, std::int64_t size) {
        return static_cast<std::int64_t>(std::ceil(double((cell + 1) * size) / double(grid)));
    };
    for (std::int64_t n = 0; n < in.n; ++n)
        for (std::int64_t c = 0; c < in.c; ++c)
            for (std::int64_t i = 0; i < grid; ++i)
                for (std::int64_t j = 0; j < grid; ++j) {
                    Doubles under;
                    for (std::int64_t row = begin(i, in.h); row < end(i, in.h); ++row)
                        for (std::int64_t column = begin(j, in.w); column < end(j, in.w); ++column)
                            under.push_back(x[place(in.at(n, c, row, column))]);
                    y.push_back(average(under, 0));
                }
    return y;
}

/// rows x inputs times transposed weights (outputs x inputs).
inline Doubles plain_linear(std::int64_t rows, std::int64_t inputs, const Doubles& x, const Doubles& weights,
                            const Doubles& bias) {
    const auto outputs = static_cast<std::int64_t>(weights.size()) / inputs;
    Doubles y;
    for (std::int64_t r = 0; r < rows; ++r)
        for (std::int64_t o = 0; o < outputs; ++o) {
            double sum = bias.empty() ? 0 : bias[place(o)];
            for (std::int64_t i = 0; i < inputs; ++i)
                sum += x[place(r * inputs + i)] * weights[place(o * inputs + i)];
            y.push_back(sum);
        }
    return y;
}

/// A cifar ResNet's shortcut without parameters: every second row and column, new channels zero.
inline Doubles plain_shortcut(const Plane& in, std::int64_t channels, const Doubles& x) {
    const Plane out{in.n, channels, (in.h + 1) / 2, (in.w + 1) / 2};
    Doubles y(place(out.size()));
    const std::int64_t before = (channels - in.c) / 2;
    for (std::int64_t n = 0; n < in.n; ++n)
        for (std::int64_t c = 0; c < in.c; ++c)
            for (std::int64_t i = 0; i < out.h; ++i)
                for (std::int64_t j = 0; j < out.w; ++j)
                    y[place(out.at(n, before + c, i, j))] = x[place(in.at(n, c, 2 * i, 2 * j))];
    return y;
}

}  // namespace dyce::test
