// Activations, those of Microsoft's domain included, and other functions of one value.
#include "loaders/import/onnx/conversions.h"

namespace dyce {
namespace {

// gamma * (x above zero, alpha * (e^x - 1) below).
void convert_selu(NodeContext& node) {
    const float alpha = node.attributes().real("alpha", 1.67326319217681884765625f);
    const float gamma = node.attributes().real("gamma", 1.05070102214813232421875f);
    Operand* elu = node.add("Elu", {node.input(0)}, {{"alpha", alpha}});
    node.finish("Mul", {elu, node.number(gamma)});
}

// x above zero, alpha * (e^(x / alpha) - 1) below.
void convert_celu(NodeContext& node) {
    const float alpha = node.attributes().real("alpha", 1);
    if (alpha == 1) return node.finish("Elu", {node.input(0)});
    Operand* scaled = node.add("Div", {node.input(0), node.number(alpha)});
    node.finish("Mul", {node.add("Elu", {scaled}), node.number(alpha)});
}

// x above zero, slope * x below; one slope for all is a leaky ReLU.
void convert_prelu(NodeContext& node) {
    if (const auto& slope = node.input(1)->constant; slope && slope->elements() == 1 &&
                                                     slope->dtype() == DataType::kFloat32 &&
                                                     slope->shape().rank() <= node.shape(0).rank())
        return node.finish("LeakyRelu", {node.input(0)}, {{"alpha", slope->data<float>()[0]}});
    Operand* negative = node.add("Clip", {node.input(0)}, {{"max", 0.f}});
    Operand* sloped = node.add("Mul", {negative, node.input(1)});
    node.finish("Add", {node.add("Relu", {node.input(0)}), sloped});
}

// x / (1 + |x|).
void convert_softsign(NodeContext& node) {
    Operand* size = node.add("Abs", {node.input(0)});
    node.finish("Div", {node.input(0), node.add("Add", {size, node.number(1)})});
}

void convert_reciprocal(NodeContext& node) { node.finish("Pow", {node.input(0), node.number(-1)}); }

void convert_microsoft_gelu(NodeContext& node) { node.finish("Gelu", {node.input(0)}); }

void convert_quick_gelu(NodeContext& node) {
    node.finish("Swish", {node.input(0)}, {{"alpha", node.attributes().real("alpha", 1.702f)}});
}

constexpr Conversion kActivationConversions[] = {
    {"Celu", 12, 25, 1, "alpha", convert_celu},
    {"PRelu", 6, 25, 2, "", convert_prelu, 1},
    {"Reciprocal", 6, 25, 1, "", convert_reciprocal},
    {"Selu", 6, 25, 1, "alpha gamma", convert_selu},
    {"Softsign", 6, 25, 1, "", convert_softsign},
    {"com.microsoft.Gelu", 6, 25, 1, "", convert_microsoft_gelu},
    {"com.microsoft.QuickGelu", 6, 25, 1, "alpha", convert_quick_gelu},
};

}  // namespace

std::span<const Conversion> activation_conversions() { return kActivationConversions; }

}  // namespace dyce
