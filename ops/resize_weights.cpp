#include "ops/resize_weights.h"

#include <algorithm>
#include <cmath>

namespace dyce::ops {
namespace {

double linear_weight(double distance) { return std::max(1 - std::abs(distance), 0.); }

// Keys's cubic convolution.
double cubic_weight(double distance, double a) {
    const double x = std::abs(distance);
    if (x <= 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
    return x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0;
}

// Shrinking antialiased, the kernel is as wide as an output pixel.
double kernel_scale(const OpCall& call, const ResizeAxis& axis) {
    const bool antialias = call.attributes.integer("antialias", 0) != 0;
    return antialias ? std::min(static_cast<double>(axis.scale), 1.) : 1;
}

}  // namespace

bool has_weights(const OpCall& call) {
    const std::string mode = call.attributes.text("mode", "nearest");
    if (mode == "nearest") return false;
    return mode == "cubic" || call.attributes.integer("antialias", 0) != 0 || is_cropped(call);
}

std::vector<WeightedPositions> resize_weights(const OpCall& call, const ResizeAxis& axis) {
    const bool cubic = call.attributes.text("mode", "nearest") == "cubic";
    const bool exclude = call.attributes.integer("exclude_outside", 0) != 0;
    const double a = call.attributes.real("cubic_coeff_a", -0.75f), scale = kernel_scale(call, axis);
    const auto reach = static_cast<std::int64_t>(std::ceil((cubic ? 2 : 1) / scale));
    std::vector<WeightedPositions> result;
    for (std::int64_t i = 0; i < axis.output; ++i) {
        WeightedPositions& position = result.emplace_back();
        const double x = static_cast<double>(resize_coordinate(call, i, axis));
        if (is_cropped(call) && (x < 0 || x > static_cast<double>(axis.input - 1))) continue;
        const auto below =
            static_cast<std::int64_t>(std::ceil(x)) - 1;  // the pixel on the left, never x itself
        double sum = 0;
        std::vector<double> weights;
        for (std::int64_t at = below - reach + 1; at <= below + reach; ++at) {
            const double distance = (static_cast<double>(at) - x) * scale;
            double weight = cubic ? cubic_weight(distance, a) : linear_weight(distance);
            if (exclude && (at < 0 || at >= axis.input)) weight = 0;
            sum += weight;
            weights.push_back(weight);
            position.at.push_back(std::clamp<std::int64_t>(at, 0, axis.input - 1));
        }
        for (const double weight : weights)
            position.weights.push_back(static_cast<float>(sum == 0 ? 0 : weight / sum));
    }
    return result;
}

std::vector<float> resize_by_weights(const std::vector<float>& source, const ResizeAxis& axis,
                                     const std::vector<WeightedPositions>& positions, std::int64_t inner,
                                     float outside) {
    const std::int64_t outer = static_cast<std::int64_t>(source.size()) / (axis.input * inner);
    std::vector<float> result(static_cast<std::size_t>(outer * inner) * positions.size(), 0.f);
    float* to = result.data();
    for (std::int64_t o = 0; o < outer; ++o)
        for (const WeightedPositions& position : positions) {
            if (position.at.empty()) std::fill_n(to, inner, outside);
            for (std::size_t k = 0; k < position.at.size(); ++k) {
                const float* from = source.data() + (o * axis.input + position.at[k]) * inner;
                for (std::int64_t i = 0; i < inner; ++i) to[i] += position.weights[k] * from[i];
            }
            to += inner;
        }
    return result;
}

}  // namespace dyce::ops
