// Which ONNX operators can be imported, by operator set, and the function that translates each. Constant
// tables, one for each family of operators (convert_*.cpp); an operator that is ONNX's own since some operator set
// (OpSpec::onnx_since) needs no row.
#pragma once

#include "loaders/import/onnx/node_context.h"

#include <span>
#include <string>
#include <string_view>

namespace dyce {

struct Conversion {
    std::string_view op;
    int first, last;              ///< operator sets it speaks for
    int max_inputs;               ///< -1: any number
    std::string_view attributes;  ///< all that these operator sets know, separated by spaces
    void (*convert)(NodeContext&);
    int parameters = -1;  ///< index of the first input that must be a constant; -1: none must
    /// Why this node cannot be imported, going by its attributes and outputs; "" when it can.
    std::string (*refuse)(const OnnxNode&) = nullptr;
};

/// nullptr when there is none for this operator set.
const Conversion* find_conversion(std::string_view op, int opset);
/// Whether some operator set has a conversion.
bool is_converted(std::string_view op);

std::span<const Conversion> activation_conversions();
std::span<const Conversion> attention_conversions();
std::span<const Conversion> einsum_conversions();
std::span<const Conversion> elementwise_conversions();
std::span<const Conversion> quantized_conversions();
std::span<const Conversion> binary_conversions();
std::span<const Conversion> layer_conversions();
std::span<const Conversion> normalization_conversions();
std::span<const Conversion> resize_conversions();
std::span<const Conversion> reduction_conversions();
std::span<const Conversion> shape_conversions();
std::span<const Conversion> slicing_conversions();
std::span<const Conversion> constant_conversions();
std::span<const Conversion> constant_math_conversions();

/// Translates a node whose newest form has the same inputs and attributes.
void convert_unchanged(NodeContext& node);

}  // namespace dyce
