// Layers with weights, and the pools.
#include "loaders/import/onnx/conversions.h"

namespace dyce {
namespace {

// Operator set 6 adds C by its old rule, which for matrices is NumPy's.
void convert_gemm(NodeContext& node) {
    Attributes attributes = node.attributes();
    attributes.erase("broadcast");
    node.finish("Gemm", node.inputs(), attributes);
}

void convert_max_pool(NodeContext& node) {
    Attributes attributes = node.attributes();
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
     convert_unchanged},
    {"AveragePool", 19, 25, 1, "auto_pad ceil_mode count_include_pad dilations kernel_shape pads strides",
     convert_unchanged},
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
