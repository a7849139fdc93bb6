#include "loaders/image/resize.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <span>

namespace dyce {
namespace {

// Weights are integers with this many fraction bits: 8 bits of colour and 2 of headroom fill up 32.
constexpr int kFractionBits = 32 - 8 - 2;
constexpr int kHalf = 1 << (kFractionBits - 1);

double triangle(double x) {
    x = std::fabs(x);
    return x < 1.0 ? 1.0 - x : 0.0;
}

// R. Keys' cubic with a = -0.5.
double cubic(double x) {
    constexpr double a = -0.5;
    x = std::fabs(x);
    if (x < 1.0) return ((a + 2.0) * x - (a + 3.0)) * x * x + 1;
    if (x < 2.0) return (((x - 5) * x + 8) * x - 4) * a;
    return 0.0;
}

double box(double x) { return x > -0.5 && x <= 0.5 ? 1.0 : 0.0; }

double hamming(double x) {
    x = std::fabs(x);
    if (x == 0.0) return 1.0;
    if (x >= 1.0) return 0.0;
    x *= std::numbers::pi;
    return std::sin(x) / x * (0.54 + 0.46 * std::cos(x));
}

double sinc(double x) {
    if (x == 0.0) return 1.0;
    x *= std::numbers::pi;
    return std::sin(x) / x;
}

double lanczos(double x) { return x >= -3.0 && x < 3.0 ? sinc(x) * sinc(x / 3) : 0.0; }

struct Filter {
    double (*weight)(double);
    double radius;
};

Filter filter_of(Interpolation interpolation) {
    switch (interpolation) {
        case Interpolation::kBicubic: return {cubic, 2};
        case Interpolation::kBox: return {box, 0.5};
        case Interpolation::kHamming: return {hamming, 1};
        case Interpolation::kLanczos: return {lanczos, 3};
        case Interpolation::kBilinear:
        case Interpolation::kNearest: break;
    }
    return {triangle, 1};
}

// For each output position: which input positions it is made of, and with which weights.
struct Taps {
    std::vector<int> first;
    std::vector<int> count;
    std::vector<int> weights;  // `stride` for each output
    std::size_t stride = 0;

    const int* of(std::size_t output) const { return &weights[output * stride]; }
};

// Taps of outputs begin .. begin + count when `in` positions become `out`.
Taps make_taps(int in, int out, int begin, int count, Interpolation interpolation) {
    const auto [filter, radius] = filter_of(interpolation);
    const double scale = static_cast<double>(in) / out;
    const double stretch = std::max(scale, 1.0);
    const double support = radius * stretch;
    const double shrink = 1.0 / stretch;

    Taps taps;
    taps.stride = static_cast<std::size_t>(std::ceil(support)) * 2 + 1;
    taps.weights.resize(static_cast<std::size_t>(count) * taps.stride);
    std::vector<double> exact(taps.stride);
    for (int i = 0; i < count; ++i) {
        const double centre = (begin + i + 0.5) * scale;
        // NOLINTBEGIN(bugprone-incorrect-roundings): as Pillow rounds, to the bit
        const int first = std::max(static_cast<int>(centre - support + 0.5), 0);
        const int last = std::min(static_cast<int>(centre + support + 0.5), in);
        // NOLINTEND(bugprone-incorrect-roundings)
        const auto used = static_cast<std::size_t>(last - first);
        double sum = 0.0;
        for (std::size_t k = 0; k < used; ++k) {
            exact[k] = filter((static_cast<int>(k) + first - centre + 0.5) * shrink);
            sum += exact[k];
        }
        int* weights = &taps.weights[static_cast<std::size_t>(i) * taps.stride];
        for (std::size_t k = 0; k < used; ++k) {
            const double fixed = exact[k] / sum * (1 << kFractionBits);
            weights[k] = static_cast<int>(fixed < 0 ? fixed - 0.5 : fixed + 0.5);
        }
        taps.first.push_back(first);
        taps.count.push_back(last - first);
    }
    return taps;
}

std::uint8_t to_byte(int fixed) {
    return static_cast<std::uint8_t>(std::clamp(fixed >> kFractionBits, 0, 255));
}

void resize_row(const std::uint8_t* src, const Taps& taps, std::uint8_t* dst) {
    for (std::size_t i = 0; i < taps.first.size(); ++i, dst += 3) {
        const std::uint8_t* pixel = src + 3 * std::ptrdiff_t{taps.first[i]};
        const int* weights = taps.of(i);
        int red = kHalf, green = kHalf, blue = kHalf;
        for (int k = 0; k < taps.count[i]; ++k, pixel += 3) {
            red += weights[k] * pixel[0];
            green += weights[k] * pixel[1];
            blue += weights[k] * pixel[2];
        }
        dst[0] = to_byte(red);
        dst[1] = to_byte(green);
        dst[2] = to_byte(blue);
    }
}

// One output row from `count` rows that follow each other.
void blend_rows(const std::uint8_t* rows, const int* weights, int count, std::span<int> sums,
                std::uint8_t* dst) {
    std::fill(sums.begin(), sums.end(), kHalf);
    for (int k = 0; k < count; ++k, rows += sums.size())
        for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += weights[k] * rows[i];
    std::transform(sums.begin(), sums.end(), dst, to_byte);
}

// The input position nearest to each output: Pillow adds up the steps, and so do we, to the last bit.
std::vector<int> nearest_pixels(int in, int out, int begin, int count) {
    const double step = static_cast<double>(in) / out;
    std::vector<int> positions;
    double at = step * 0.5;
    for (int i = 0; i < begin + count; ++i, at += step)
        if (i >= begin) positions.push_back(std::min(static_cast<int>(at), in - 1));
    return positions;
}

std::vector<std::uint8_t> resize_nearest(const Image& image, const ImageSize& size, const Window& window) {
    const auto across = nearest_pixels(image.width(), size.width, window.x, window.width);
    const auto down = nearest_pixels(image.height(), size.height, window.y, window.height);
    std::vector<std::uint8_t> pixels;
    pixels.reserve(3 * across.size() * down.size());
    for (const int y : down)
        for (const int x : across) {
            const std::uint8_t* pixel = image.pixels() + 3 * (std::int64_t{y} * image.width() + x);
            pixels.insert(pixels.end(), pixel, pixel + 3);
        }
    return pixels;
}

}  // namespace

std::vector<std::uint8_t> resize(const Image& image, const ImageSize& size, Interpolation interpolation,
                                 const Window& window) {
    if (interpolation == Interpolation::kNearest) return resize_nearest(image, size, window);
    const Taps across = make_taps(image.width(), size.width, window.x, window.width, interpolation);
    const Taps down = make_taps(image.height(), size.height, window.y, window.height, interpolation);
    const auto row_bytes = static_cast<std::size_t>(window.width) * 3;

    // Rows first, and only those that the columns will read.
    const int top = down.first.front();
    const int bottom = down.first.back() + down.count.back();
    std::vector<std::uint8_t> rows(row_bytes * static_cast<std::size_t>(bottom - top));
    for (int y = top; y < bottom; ++y)
        resize_row(image.pixels() + std::int64_t{y} * image.width() * 3, across,
                   &rows[row_bytes * static_cast<std::size_t>(y - top)]);

    std::vector<std::uint8_t> pixels(row_bytes * static_cast<std::size_t>(window.height));
    std::vector<int> sums(row_bytes);
    for (std::size_t y = 0; y < static_cast<std::size_t>(window.height); ++y)
        blend_rows(&rows[row_bytes * static_cast<std::size_t>(down.first[y] - top)], down.of(y),
                   down.count[y], sums, &pixels[row_bytes * y]);
    return pixels;
}

}  // namespace dyce
