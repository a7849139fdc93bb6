#include "loaders/import/onnx/conversions.h"

#include "ops/spec/op.h"

#include <algorithm>
#include <deque>
#include <limits>
#include <vector>

namespace dyce {
namespace {

// A row for each operator that is ONNX's own. Their lists of attributes live as long.
std::span<const Conversion> unchanged_conversions() {
    static std::deque<std::string> attributes;
    static const std::vector<Conversion> all = [] {
        std::vector<Conversion> rows;
        for (const OpSpec* spec : all_ops()) {
            if (spec->onnx_since == 0) continue;
            std::string& names = attributes.emplace_back();
            for (const AttributeSpec& attribute : spec->attributes)
                names += (names.empty() ? "" : " ") + std::string(attribute.name);
            rows.push_back({spec->name, spec->onnx_since, std::numeric_limits<int>::max(), spec->max_inputs,
                            names, convert_unchanged});
        }
        return rows;
    }();
    return all;
}

template <class Predicate>
const Conversion* find(Predicate matches) {
    for (const auto family :
         {activation_conversions(), attention_conversions(), einsum_conversions(), quantized_conversions(),
          elementwise_conversions(), binary_conversions(), layer_conversions(), normalization_conversions(),
          resize_conversions(), reduction_conversions(), shape_conversions(), slicing_conversions(),
          constant_conversions(), constant_math_conversions(), unchanged_conversions()})
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
