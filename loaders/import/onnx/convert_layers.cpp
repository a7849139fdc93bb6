// Layers with weights, and the pools.
#include "loaders/import/onnx/conversions.h"

#include <algorithm>

namespace dyce {
namespace {

// Operator set 6 adds C by its old rule, which for matrices is NumPy's.
void convert_gemm(NodeContext& node) {
    Attributes attributes = node.attributes();
    attributes.erase("broadcast");
    node.finish("Gemm", node.inputs(), attributes);
}

// Where ceil_mode lets one window cover more than the whole axis, it covers the axis: the rest of it is neither
// a maximum nor counted (unless padding is).
Attributes windows_within_map(const NodeContext& node) {
    Attributes attributes = node.attributes();
    const Shape& x = node.shape(0);
    auto kernel = attributes.integers("kernel_shape");
    const auto rank = static_cast<std::size_t>(std::max(x.rank() - 2, 0));
    const auto pads = attributes.integers("pads", std::vector<std::int64_t>(2 * rank, 0));
    const bool may = attributes.integer("ceil_mode", 0) != 0 && kernel.size() == rank &&
                     attributes.integer("count_include_pad", 0) == 0 && !attributes.has("dilations") &&
                     pads == std::vector<std::int64_t>(2 * rank, 0) &&
                     attributes.text("auto_pad", "NOTSET") == "NOTSET";
    const auto strides = attributes.integers("strides", std::vector<std::int64_t>(rank, 1));
    for (std::size_t i = 0; may && i < std::min(rank, strides.size()); ++i) {
        const std::int64_t size = x[static_cast<int>(i) + 2];
        if (size > 0 && kernel[i] > size && kernel[i] - size < strides[i]) kernel[i] = size;
    }
    if (may) attributes.set("kernel_shape", kernel);
    return attributes;
}

void convert_average_pool(NodeContext& node) {
    node.finish("AveragePool", {node.input(0)}, windows_within_map(node));
}

void convert_max_pool(NodeContext& node) {
    Attributes attributes = windows_within_map(node);
    attributes.erase("storage_order");  // of the indices
    node.finish_first("MaxPool", {node.input(0)}, attributes);
}

std::string refuse_indices(const OnnxNode& node) {
    return node.outputs.size() > 1 ? "output of indices" : "";
}

constexpr Conversion kLayerConversions[] = {
    {"AveragePool", 6, 6, 1, "auto_pad kernel_shape pads strides", convert_unchanged},
    {"AveragePool", 7, 9, 1, "auto_pad count_include_pad kernel_shape pads strides", convert_unchanged},
    {"AveragePool", 10, 18, 1, "auto_pad ceil_mode count_include_pad kernel_shape pads strides",
     convert_average_pool},
    {"AveragePool", 19, 25, 1, "auto_pad ceil_mode count_include_pad dilations kernel_shape pads strides",
     convert_average_pool},
    {"Conv", 6, 25, 3, "auto_pad dilations group kernel_shape pads strides", convert_unchanged, 1},
    {"Gemm", 6, 6, 3, "alpha beta broadcast transA transB", convert_gemm, 1},
    {"Gemm", 7, 25, 3, "alpha beta transA transB", convert_gemm, 1},
    {"MaxPool", 6, 7, 1, "auto_pad kernel_shape pads strides", convert_max_pool},
    {"MaxPool", 8, 9, 1, "auto_pad kernel_shape pads storage_order strides", convert_max_pool, -1,
     refuse_indices},
    {"MaxPool", 10, 25, 1, "auto_pad ceil_mode dilations kernel_shape pads storage_order strides",
     convert_max_pool, -1, refuse_indices},
};

}  // namespace

std::span<const Conversion> layer_conversions() { return kLayerConversions; }

}  // namespace dyce
