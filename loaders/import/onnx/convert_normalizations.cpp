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

// Before operator set 21 scale and bias are those of groups.
void convert_group_norm(NodeContext& node) {
    Attributes attributes = node.attributes();
    attributes.erase("stash_type");
    const std::int64_t groups = attributes.integer("num_groups", 0);
    std::vector<Operand*> inputs = node.inputs();
    if (node.opset() < 21 && node.shape(0).rank() > 1 && groups > 0)
        for (std::size_t i = 1; i < inputs.size(); ++i) {
            const std::int64_t channels = node.shape(0)[1];
            Operand* column = node.add("Unsqueeze", {inputs[i]}, {{"axes", std::vector<std::int64_t>{1}}});
            Operand* all = node.add("Expand", {column},
                                    {{"shape", std::vector<std::int64_t>{groups, channels / groups}}});
            inputs[i] = node.add("Reshape", {all}, {{"shape", std::vector<std::int64_t>{-1}}});
        }
    node.finish("GroupNormalization", inputs, attributes);
}

// As many groups as channels.
void convert_instance_norm(NodeContext& node) {
    Attributes attributes = node.attributes();
    if (node.shape(0).rank() < 2) node.fail("input is " + node.shape(0).to_string() + ", expected NxCx..");
    attributes.set("num_groups", node.shape(0)[1]);
    node.finish("GroupNormalization", node.inputs(), attributes);
}

void convert_lp_norm(NodeContext& node) {
    const std::int64_t p = node.attributes().integer("p", 2);
    if (p != 1 && p != 2) node.fail("p is " + std::to_string(p) + ", expected 1 or 2");
    Operand* x = node.input(0);
    const Attributes axes{{"axes", std::vector{node.attributes().integer("axis", -1)}}};
    Operand* norm = p == 1 ? node.add("ReduceSum", {node.add("Abs", {x})}, axes)
                           : node.add("Sqrt", {node.add("ReduceSum", {node.add("Mul", {x, x})}, axes)});
    node.finish("Div", {x, norm});
}

// x / sqrt(mean of squares + epsilon) * scale, over the axes from `axis` on.
void convert_rms_norm(NodeContext& node) {
    Operand* x = node.input(0);
    const int rank = node.shape(0).rank();
    std::vector<std::int64_t> axes;
    for (auto axis = normalized_axis(node, node.attributes().integer("axis", -1), rank); axis < rank; ++axis)
        axes.push_back(axis);
    Operand* squares = node.add("ReduceMean", {node.add("Mul", {x, x})}, {{"axes", axes}});
    Operand* shifted = node.add("Add", {squares, node.number(node.attributes().real("epsilon", 1e-5f))});
    Operand* normal = node.add("Div", {x, node.add("Sqrt", {shifted})});
    node.finish("Mul", {normal, node.input(1)});
}

constexpr Conversion kNormalizationConversions[] = {
    {"BatchNormalization", 6, 6, 5, "epsilon is_test momentum spatial", convert_batch_norm, 1,
     refuse_batch_norm_6},
    {"BatchNormalization", 7, 8, 5, "epsilon momentum spatial", convert_batch_norm, 1, refuse_batch_norm_7},
    {"BatchNormalization", 9, 13, 5, "epsilon momentum", convert_batch_norm, 1, refuse_batch_norm_7},
    {"BatchNormalization", 14, 25, 5, "epsilon momentum training_mode", convert_batch_norm, 1,
     refuse_batch_norm_14},
    {"GroupNormalization", 18, 20, 3, "epsilon num_groups", convert_group_norm, 1},
    {"GroupNormalization", 21, 25, 3, "epsilon num_groups stash_type", convert_group_norm, 1},
    {"InstanceNormalization", 6, 25, 3, "epsilon", convert_instance_norm, 1},
    {"LayerNormalization", 17, 25, 3, "axis epsilon stash_type", convert_layer_norm, 1},
    {"LogSoftmax", 6, 12, 1, "axis", convert_flat_softmax},
    {"LogSoftmax", 13, 25, 1, "axis", convert_unchanged},
    {"LpNormalization", 6, 25, 1, "axis p", convert_lp_norm},
    {"RMSNormalization", 23, 25, 2, "axis epsilon stash_type", convert_rms_norm, 1},
    {"Softmax", 6, 12, 1, "axis", convert_flat_softmax},
    {"Softmax", 13, 25, 1, "axis", convert_unchanged},
};

}  // namespace

std::span<const Conversion> normalization_conversions() { return kNormalizationConversions; }

}  // namespace dyce
