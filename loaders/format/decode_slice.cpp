// The leading corner of a stored tensor: of every dimension the first numbers.
#include "loaders/format/encoded_pieces.h"
#include "runtime/core/fail.h"
#include "runtime/core/text.h"

namespace dyce {
namespace {

bool fits_into(const Shape& shape, const Shape& source) {
    if (shape.rank() != source.rank()) return false;
    for (int d = 0; d < shape.rank(); ++d)
        if (shape[d] > source[d]) return false;
    return true;
}

// Where row `row` of the corner, along its last dimension, begins in the source.
std::int64_t source_of(std::int64_t row, const Shape& shape, const Shape& source) {
    std::int64_t at = 0, stride = source[source.rank() - 1];
    for (int d = shape.rank() - 2; d >= 0; --d) {
        at += row % shape[d] * stride;
        row /= shape[d];
        stride *= source[d];
    }
    return at;
}

}  // namespace

Tensor decode_slice(EncodedPieces& parts, const TensorEncoding& encoding, const std::string& where) {
    const Safetensors::Entry& source = parts.entry(encoding.of, where);
    const std::string_view type = source.element->safetensors;
    if (type != "F32" && type != "BF16" && type != "I8")
        fail_content(where,
                     in_quotes(encoding.of) + " holds " + std::string(type) + ", expected F32, BF16 or I8");
    if (type == "I8" && encoding.scale.empty())
        fail_content(where, "has integers and no scale, expected one number a row");
    const Shape& shape = encoding.shape;
    if (!fits_into(shape, source.shape))
        fail_content(where, "has shape " + shape.to_string() + ", expected no more than the " +
                                source.shape.to_string() + " of " + in_quotes(encoding.of));
    const PieceNumbers numbers{source.element, parts.bytes(source)};
    const Tensor scale = take_scale(parts, encoding.scale, shape, where);
    const float* const factors = scale.data<float>();
    Tensor tensor(DataType::kFloat32, shape);
    float* to = tensor.mutable_data<float>();
    const std::int64_t columns = shape[shape.rank() - 1], rows = tensor.elements() / columns;
    for (std::int64_t row = 0; row < rows; ++row) {
        const auto from = static_cast<std::size_t>(source_of(row, shape, source.shape));
        for (std::int64_t column = 0; column < columns; ++column) {
            const std::int64_t channel = (row * columns + column) / (tensor.elements() / shape[0]);
            *to++ = numbers[from + static_cast<std::size_t>(column)] *
                    (factors == nullptr ? 1.0f : factors[channel]);
        }
    }
    return tensor;
}

}  // namespace dyce
