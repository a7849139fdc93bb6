// Networks whose values were quantised and are dequantised at once become the float network: weights are the
// numbers that their integers stand for; a computed value is bounded as its integers were - exporters drop the
// activations that this makes needless - and keeps its scale for `--precision int8`.
#include "loaders/import/onnx/conversions.h"
#include "loaders/import/onnx/tensor_proto.h"
#include "loaders/import/onnx/unsupported.h"

#include <algorithm>
#include <cmath>

namespace dyce {
namespace {

double element(const Tensor& tensor, std::int64_t i) {
    switch (tensor.dtype()) {
        case DataType::kFloat32: return static_cast<double>(tensor.data<float>()[i]);
        case DataType::kInt64: return static_cast<double>(tensor.data<std::int64_t>()[i]);
        case DataType::kInt32: return static_cast<double>(tensor.data<std::int32_t>()[i]);
        default: return static_cast<double>(tensor.data<std::uint8_t>()[i]);
    }
}

/// scale and zero point, for each element of the values they belong to.
class Grid {
public:
    Grid(const NodeContext& node, const Shape& values)
        : scale_(node.constant(1)), zero_(node.has_input(2) ? &node.constant(2) : nullptr) {
        if (scale_.dtype() != DataType::kFloat32)
            node.fail("scale is " + std::string(name_of(scale_.dtype())));
        if (zero_ != nullptr && zero_->shape() != scale_.shape())
            node.fail("zero point is " + zero_->shape().to_string() + " for scales of " +
                      scale_.shape().to_string());
        block_ = node.attributes().integer("block_size", 0);
        if (block_ < 0) node.fail("block_size is " + std::to_string(block_) + ", expected 0 or more");
        for (std::int64_t i = 0; i < scale_.elements(); ++i)
            if (!(scale(i) > 0) || !std::isfinite(scale(i)))
                node.fail("scale " + std::to_string(scale(i)) + ", expected finite numbers over 0");
        if (is_single()) return;
        axis_ = static_cast<int>(normalized_axis(node, node.attributes().integer("axis", 1), values.rank()));
        Shape expected{values[axis_]};
        if (block_ > 0) {
            expected = values;
            expected[axis_] = (values[axis_] + block_ - 1) / block_;
        }
        if (scale_.shape() != expected)
            node.fail("scales are " + scale_.shape().to_string() + ", expected " + expected.to_string());
    }

    bool is_single() const { return scale_.elements() == 1; }

    /// The place of the scale of element `i`.
    std::int64_t at(const Shape& values, std::int64_t i) const {
        if (is_single()) return 0;
        const std::int64_t inner = Shape(values.begin() + axis_ + 1, values.end()).elements();
        const std::int64_t along = i / inner % values[axis_];
        if (block_ == 0) return along;
        return (i / inner / values[axis_] * scale_.shape()[axis_] + along / block_) * inner + i % inner;
    }
    double scale(std::int64_t at) const { return element(scale_, at); }
    double zero(std::int64_t at) const { return zero_ == nullptr ? 0 : element(*zero_, at); }

private:
    const Tensor& scale_;
    const Tensor* zero_;
    int axis_ = 0;
    std::int64_t block_ = 0;
};

// The zero point's type, else the one that the node names, else uint8.
IntegerRange range_of(const NodeContext& node) {
    if (!node.has_input(2)) {
        const std::int64_t type = node.attributes().integer("output_dtype", 0);
        if (type == 0) return {0, 255};
        const auto range = range_of_integers(static_cast<int>(std::clamp<std::int64_t>(type, 0, 1000)));
        if (!range) throw Unsupported{"output_dtype " + std::to_string(type)};
        return *range;
    }
    const Operand& zero = *node.input(2);
    if (zero.integers) return *zero.integers;
    return zero.type.dtype == DataType::kUint8 ? IntegerRange{0, 255} : IntegerRange{-128, 127};
}

// Integers that stand for numbers by a scale alone, as int8 kernels take them; nothing where 0 is elsewhere.
std::optional<Quantization> symmetric(const IntegerRange& range, double scale, double zero) {
    const double low = static_cast<double>(range.low) - zero, high = static_cast<double>(range.high) - zero;
    const bool is_signed = low == -128 && high == 127, is_unsigned = low == 0 && high == 255;
    if ((!is_signed && !is_unsigned) || !(scale >= 1e-10 && scale <= 1e10)) return {};
    return Quantization{.scale = static_cast<float>(scale), .is_signed = is_signed};
}

// The constant that the integers of another stand for.
void quantize_constant(NodeContext& node, const Grid& grid, const IntegerRange& range) {
    const Tensor& x = node.constant(0);
    Tensor y = node.new_constant(DataType::kFloat32, x.shape());
    for (std::int64_t i = 0; i < x.elements(); ++i) {
        const std::int64_t at = grid.at(x.shape(), i);
        const double integer = std::nearbyint(element(x, i) / grid.scale(at)) + grid.zero(at);
        const double stored =
            std::clamp(integer, static_cast<double>(range.low), static_cast<double>(range.high));
        y.mutable_data<float>()[i] = static_cast<float>((stored - grid.zero(at)) * grid.scale(at));
    }
    node.finish_quantized(node.make_constant("quantized", std::move(y)));
}

void convert_quantize(NodeContext& node) {
    const Grid grid(node, node.shape(0));
    const IntegerRange range = range_of(node);
    if (node.input(0)->constant) return quantize_constant(node, grid, range);
    if (!grid.is_single()) throw Unsupported{"scales for the channels of a computed value"};
    const double scale = grid.scale(0), zero = grid.zero(0);
    const auto bound = [&](std::int64_t integer) {
        return static_cast<float>((static_cast<double>(integer) - zero) * scale);
    };
    Operand* bounded =
        node.add("Clip", {node.input(0)}, {{"max", bound(range.high)}, {"min", bound(range.low)}});
    if (const auto quantization = symmetric(range, scale, zero))
        node.set_quantization(bounded, *quantization);
    node.finish_quantized(bounded);
}

void convert_dequantize(NodeContext& node) {
    if (Operand* numbers = node.input(0)->stands_for) return node.finish(numbers);
    const Tensor& x = node.constant(0);
    const Grid grid(node, x.shape());
    Tensor y = node.new_constant(DataType::kFloat32, x.shape());
    for (std::int64_t i = 0; i < x.elements(); ++i) {
        const std::int64_t at = grid.at(x.shape(), i);
        y.mutable_data<float>()[i] = static_cast<float>((element(x, i) - grid.zero(at)) * grid.scale(at));
    }
    node.finish(std::move(y));
}

constexpr Conversion kQuantizedConversions[] = {
    {"DequantizeLinear", 10, 12, 3, "", convert_dequantize, 1},
    {"DequantizeLinear", 13, 18, 3, "axis", convert_dequantize, 1},
    {"DequantizeLinear", 19, 22, 3, "axis block_size", convert_dequantize, 1},
    {"DequantizeLinear", 23, 25, 3, "axis block_size output_dtype", convert_dequantize, 1},
    {"QuantizeLinear", 10, 12, 3, "", convert_quantize, 1},
    {"QuantizeLinear", 13, 18, 3, "axis", convert_quantize, 1},
    {"QuantizeLinear", 19, 25, 3, "axis block_size output_dtype precision saturate", convert_quantize, 1},
    // ONNX Runtime's quantiser writes these where the operator set has no integers of 4 or 16 bits yet.
    {"com.microsoft.DequantizeLinear", 6, 25, 3, "axis block_size", convert_dequantize, 1},
    {"com.microsoft.QuantizeLinear", 6, 25, 3, "axis block_size", convert_quantize, 1},
};

}  // namespace

std::span<const Conversion> quantized_conversions() { return kQuantizedConversions; }

}  // namespace dyce
