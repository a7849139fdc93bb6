#include "loaders/import/onnx/conversions.h"

#include <algorithm>

namespace dyce {
namespace {

template <class Predicate>
const Conversion* find(Predicate matches) {
    for (const auto family :
         {activation_conversions(), attention_conversions(), einsum_conversions(), quantized_conversions(),
          elementwise_conversions(), binary_conversions(), layer_conversions(), normalization_conversions(),
          resize_conversions(), reduction_conversions(), shape_conversions(), slicing_conversions(),
          constant_conversions(), constant_math_conversions()})
        for (const Conversion& conversion : family)
            if (matches(conversion)) return &conversion;
    return nullptr;
}

}  // namespace

const Conversion* find_conversion(std::string_view op, int opset) {
    return find([&](const Conversion& c) { return c.op == op && c.first <= opset && opset <= c.last; });
}

bool is_converted(std::string_view op) {
    return find([&](const Conversion& c) { return c.op == op; }) != nullptr;
}

void convert_unchanged(NodeContext& node) { node.finish(node.op(), node.inputs(), node.attributes()); }

}  // namespace dyce
