// Normalisations and softmax.
#include "loaders/import/onnx/conversions.h"
#include "loaders/import/onnx/reshape.h"

namespace dyce {
namespace {

void convert_batch_norm(NodeContext& node) {
    Attributes attributes;
    if (node.attributes().has("epsilon")) attributes.set("epsilon", node.attributes().real("epsilon", 0));
    node.finish_first("BatchNormalization", node.inputs(), attributes);
}

// Up to operator set 13 the number of outputs tells training, before 7 together with is_test.
std::string refuse_batch_norm_6(const OnnxNode& node) {
    if (node.attributes.integer("spatial", 1) == 0) return "spatial 0";
    return node.outputs.size() > 1 && node.attributes.integer("is_test", 0) == 0 ? "training mode" : "";
}

std::string refuse_batch_norm_7(const OnnxNode& node) {
    if (node.attributes.integer("spatial", 1) == 0) return "spatial 0";
    return node.outputs.size() > 1 ? "training mode" : "";
}

std::string refuse_batch_norm_14(const OnnxNode& node) {
    return node.attributes.integer("training_mode", 0) != 0 ? "training mode" : "";
}

void convert_layer_norm(NodeContext& node) {
    Attributes attributes = node.attributes();
    attributes.erase("stash_type");  // the precision of the sums; ours is float32 or better
    node.finish("LayerNormalization", node.inputs(), attributes);
}

// Before operator set 13 the dimensions from `axis` on (1 by default) form one distribution.
void convert_flat_softmax(NodeContext& node) {
    const Shape shape = node.shape(0);
    const std::int64_t axis = normalized_axis(node, node.attributes().integer("axis", 1), shape.rank());
    if (axis == shape.rank() - 1)
        return node.finish(node.op(), {node.input(0)}, {{"axis", std::int64_t{-1}}});
    Operand* flat = node.add("Flatten", {node.input(0)}, {{"axis", axis}});
    Operand* result = node.add(node.op(), {flat}, {{"axis", std::int64_t{-1}}});
    node.finish("Reshape", {result}, reshape_to(node, result->type.shape, shape));
}

constexpr Conversion kNormalizationConversions[] = {
    {"BatchNormalization", 6, 6, 5, "epsilon is_test momentum spatial", convert_batch_norm, 1,
     refuse_batch_norm_6},
    {"BatchNormalization", 7, 8, 5, "epsilon momentum spatial", convert_batch_norm, 1, refuse_batch_norm_7},
    {"BatchNormalization", 9, 13, 5, "epsilon momentum", convert_batch_norm, 1, refuse_batch_norm_7},
    {"BatchNormalization", 14, 25, 5, "epsilon momentum training_mode", convert_batch_norm, 1,
     refuse_batch_norm_14},
    {"LayerNormalization", 17, 25, 3, "axis epsilon stash_type", convert_layer_norm, 1},
    {"LogSoftmax", 6, 12, 1, "axis", convert_flat_softmax},
    {"LogSoftmax", 13, 25, 1, "axis", convert_unchanged},
    {"Softmax", 6, 12, 1, "axis", convert_flat_softmax},
    {"Softmax", 13, 25, 1, "axis", convert_unchanged},
};

}  // namespace

std::span<const Conversion> normalization_conversions() { return kNormalizationConversions; }

}  // namespace dyce
