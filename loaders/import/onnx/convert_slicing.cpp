// Operators that take parts of a tensor, join tensors, or pad them.
#include "loaders/import/onnx/conversions.h"

namespace dyce {
namespace {

// All of starts, ends, axes are attributes up to operator set 9, inputs from then on (with steps).
void convert_slice(NodeContext& node) {
    Attributes attributes = node.attributes();
    if (node.opset() >= 10) {
        attributes.set("starts", node.integers(1));
        attributes.set("ends", node.integers(2));
        if (node.has_input(3)) attributes.set("axes", node.integers(3));
        if (node.has_input(4)) attributes.set("steps", node.integers(4));
    }
    node.finish("Slice", {node.input(0)}, attributes);
}

// The sizes are an attribute up to operator set 12, an input from then on. Without them the parts are equal;
// only from 18 on may the last one be smaller.
void convert_split(NodeContext& node) {
    Attributes attributes = node.attributes();
    if (node.has_input(1)) attributes.set("split", node.integers(1));
    const auto parts = static_cast<std::int64_t>(node.output_count());
    if (attributes.integer("num_outputs", parts) != parts)
        node.fail("num_outputs is " + std::to_string(attributes.integer("num_outputs", parts)) + " for " +
                  std::to_string(parts) + " outputs");
    attributes.erase("num_outputs");
    if (!attributes.has("split") && node.opset() < 18) {
        const Shape& shape = node.shape(0);
        const auto axis =
            static_cast<int>(normalized_axis(node, attributes.integer("axis", 0), shape.rank()));
        if (shape[axis] % parts != 0)
            node.fail("axis " + std::to_string(axis) + " of " + shape.to_string() + " is not a multiple of " +
                      std::to_string(parts));
    }
    node.finish("Split", {node.input(0)}, attributes);
}

// The counts and the value are attributes up to operator set 10, inputs from then on.
void convert_pad(NodeContext& node) {
    Attributes attributes = node.attributes();
    if (node.opset() >= 11) attributes.set("pads", node.integers(1));
    if (node.has_input(2)) attributes.set("value", node.scalar(2));
    if (node.has_input(3)) attributes.set("axes", node.integers(3));
    node.finish("Pad", {node.input(0)}, attributes);
}

void convert_trilu(NodeContext& node) {
    Attributes attributes = node.attributes();
    if (node.has_input(1)) attributes.set("k", node.integer(1, "k"));
    node.finish("Trilu", {node.input(0)}, attributes);
}

constexpr Conversion kSlicingConversions[] = {
    {"Gather", 6, 25, 2, "axis", convert_unchanged, 1},
    {"Pad", 6, 10, 1, "mode pads value", convert_pad},
    {"Pad", 11, 17, 3, "mode", convert_pad, 1},
    {"Pad", 18, 25, 4, "mode", convert_pad, 1},
    {"ScatterND", 11, 15, 3, "", convert_unchanged},
    {"ScatterND", 16, 25, 3, "reduction", convert_unchanged},
    {"Slice", 6, 9, 1, "axes ends starts", convert_slice},
    {"Slice", 10, 25, 5, "", convert_slice, 1},
    {"Split", 6, 12, 1, "axis split", convert_split},
    {"Split", 13, 17, 2, "axis", convert_split, 1},
    {"Split", 18, 25, 2, "axis num_outputs", convert_split, 1},
    {"Trilu", 14, 25, 2, "upper", convert_trilu, 1},
};

}  // namespace

std::span<const Conversion> slicing_conversions() { return kSlicingConversions; }

}  // namespace dyce
