// Element-wise operators of one input whose form has changed over time.
#include "loaders/import/onnx/conversions.h"
#include "loaders/import/onnx/tensor_proto.h"
#include "loaders/import/onnx/unsupported.h"

namespace dyce {
namespace {

// The bounds are attributes in operator set 6, optional inputs from 11 on.
void convert_clip(NodeContext& node) {
    Attributes bounds = node.attributes();
    if (node.has_input(1)) bounds.set("min", node.scalar(1));
    if (node.has_input(2)) bounds.set("max", node.scalar(2));
    node.finish("Clip", {node.input(0)}, bounds);
}

void convert_identity(NodeContext& node) {
    if (node.input(0)->constant)
        node.finish(node.input(0));
    else
        node.finish_first("Identity", {node.input(0)});
}

// Without training, or where it drops nothing, Dropout passes its input on. Its mask is not computed.
void convert_dropout(NodeContext& node) {
    if (node.has_input(1) && node.scalar(1) == 0) return convert_identity(node);
    if (node.has_input(2) && node.constant(2).data<bool>()[0]) throw Unsupported{"training mode"};
    convert_identity(node);
}

std::string refuse_training(const OnnxNode& node) {
    return node.attributes.integer("is_test", 0) == 0 ? "training mode (is_test 0)" : "";
}

// Real numbers of any precision are computed as float32.
void convert_cast(NodeContext& node) {
    const auto to = static_cast<int>(node.attributes().integer("to", 0));
    const auto type = is_real_type(to) ? onnx_float32_type() : to;
    node.finish("Cast", {node.input(0)}, {{"to", static_cast<std::int64_t>(type)}});
}

std::string refuse_cast(const OnnxNode& node) {
    const auto to = static_cast<int>(node.attributes.integer("to", 0));
    return is_supported_type(to) || is_real_type(to) ? "" : "to " + onnx_type_name(to);
}

constexpr Conversion kElementwiseConversions[] = {
    {"Cast", 6, 18, 1, "to", convert_cast, -1, refuse_cast},
    {"Cast", 19, 23, 1, "saturate to", convert_cast, -1, refuse_cast},
    {"Cast", 24, 25, 1, "round_mode saturate to", convert_cast, -1, refuse_cast},
    {"Clip", 6, 10, 1, "max min", convert_clip},
    {"Clip", 11, 25, 3, "", convert_clip, 1},
    {"Dropout", 6, 6, 1, "is_test ratio", convert_dropout, -1, refuse_training},
    {"Dropout", 7, 11, 1, "ratio", convert_dropout},
    {"Dropout", 12, 25, 3, "seed", convert_dropout, 1},
    {"Identity", 6, 25, 1, "", convert_identity},
};

}  // namespace

std::span<const Conversion> elementwise_conversions() { return kElementwiseConversions; }

}  // namespace dyce
