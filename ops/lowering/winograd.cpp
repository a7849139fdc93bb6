#include "ops/lowering/winograd.h"

#include "ops/lowering/select_implementation.h"
#include "ops/lowering/window.h"

#include <algorithm>

namespace dyce::ops {
namespace {

constexpr std::string_view kName = "jit_wino_4x3";
constexpr std::int64_t kMinChannels = 16, kMinPairs = 32 * 32;
// Transformed weights are four times as many. For a single image of few outputs, reading them costs more
// than the multiplications saved, unless they stay in the second-level cache (64 x 64 channels: 0.6 MB).
constexpr std::int64_t kManyPositions = 128, kFewPairs = 64 * 64;
// From 256 x 256 channels (9.4 MB) a network's weights together exceed the last-level cache: they come from main
// memory for every image, and have to serve twice as many outputs.
constexpr std::int64_t kManyPairs = 256 * 256;
// At least as many images have to be computed alike: few at once would waste bandwidth on weights.
constexpr std::int64_t kRows = 8;

// How it computes: the name, and how many input channels it adds up before that goes to the sum. Empty: not
// at all.
std::string manner_of(const onednn::Descriptor& descriptor) {
    if (!descriptor) return "";
    return descriptor.impl_info_str() + std::string("/") +
           std::to_string(onednn::winograd_channels(descriptor.query_md(dnnl::query::weights_md, 0)));
}

std::int64_t worthwhile_positions(std::int64_t pairs) {
    if (pairs <= kFewPairs) return 0;
    return pairs < kManyPairs ? kManyPositions : 2 * kManyPositions;
}

}  // namespace

bool suits_winograd(const OpSpec& spec, const OpCall& call, std::int64_t rows) {
    if (!onednn::has_winograd() || spec.name != "Conv" || call.inputs[1].shape.rank() != 4) return false;
    const Shape& weights = call.inputs[1].shape;
    if (weights[2] != 3 || weights[3] != 3 || call.attributes.integer("group", 1) != 1 ||
        std::min(weights[0], weights[1]) < kMinChannels || weights[0] * weights[1] < kMinPairs)
        return false;
    const Window window = resolve_window(call, call.inputs[0].shape, std::vector<std::int64_t>{3, 3});
    return std::all_of(window.begin(), window.end(),
                       [](const WindowAxis& axis) { return axis.stride == 1 && axis.dilation == 1; }) &&
           output_shape(rows, 1, window).elements() >= worthwhile_positions(weights[0] * weights[1]);
}

onednn::Descriptor select_winograd(const std::function<onednn::Descriptor(std::int64_t)>& describe,
                                   std::int64_t rows, Lowering& lowering) {
    std::string& chosen = lowering.implementation();
    if (!chosen.empty() && !chosen.starts_with(kName)) return {};
    auto candidate = first_named(kName, describe(rows));
    const std::string manner = manner_of(candidate);
    if (chosen.empty()) {
        if (manner.empty() || manner_of(first_named(kName, describe(std::max(rows, kRows)))) != manner)
            return {};
        chosen = manner;
    } else if (manner != chosen) {
        lowering.cannot_repeat();
    }
    return candidate;
}

}  // namespace dyce::ops
