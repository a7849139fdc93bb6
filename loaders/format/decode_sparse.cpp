// Tensors of which only what is not zero is stored: mask and gaps.
#include "loaders/format/encoded_pieces.h"
#include "loaders/format/sparse_places.h"
#include "runtime/core/fail.h"
#include "runtime/core/text.h"

namespace dyce {
namespace {

// `visit_places(visit)` calls visit for each place; there are `count` of them.
template <class VisitPlaces>
Tensor fill_places(EncodedPieces& parts, const TensorEncoding& encoding, std::size_t count,
                   const std::string& where, Tensor& scale, const VisitPlaces& visit_places) {
    const PieceNumbers values = parts.take(encoding.values, count, {"F32", "BF16", "I8"}, where);
    scale = take_scale(parts, encoding.scale, encoding.shape, where);
    if (values.is_integers() && encoding.scale.empty())
        fail_content(where, "has integers and no scale, expected one number a row");
    Tensor tensor(DataType::kFloat32, encoding.shape);
    float* const to = tensor.mutable_data<float>();
    const auto row = static_cast<std::size_t>(tensor.elements() / encoding.shape[0]);
    const float* const factors = scale.data<float>();
    std::size_t next = 0;
    visit_places(
        [&](std::size_t i) { to[i] = values[next++] * (factors == nullptr ? 1.0f : factors[i / row]); });
    return tensor;
}

}  // namespace

Tensor decode_mask(EncodedPieces& parts, const TensorEncoding& encoding, const std::string& where,
                   Tensor& scale) {
    const auto numbers = static_cast<std::size_t>(encoding.shape.elements());
    const auto mask = parts.take(encoding.places, mask_bytes(numbers), {"U8"}, where).bytes;
    if (has_bits_behind(mask, numbers))
        fail_content(where, "the mask has bits behind the last of " + std::to_string(numbers) + " numbers");
    std::size_t count = 0;
    visit_mask(mask, numbers, [&](std::size_t) { ++count; });
    return fill_places(parts, encoding, count, where, scale,
                       [&](const auto& visit) { visit_mask(mask, numbers, visit); });
}

Tensor decode_gaps(EncodedPieces& parts, const TensorEncoding& encoding, const std::string& where,
                   Tensor& scale) {
    const auto numbers = static_cast<std::size_t>(encoding.shape.elements());
    const auto all = parts.rest(encoding.places, where);
    std::size_t count = 0;
    const std::size_t bytes = visit_gaps(all, numbers, [&](std::size_t) { ++count; });
    if (bytes == 0)
        fail_content(where, "the runs of " + in_quotes(encoding.places) + " do not end with the last of " +
                                std::to_string(numbers) + " numbers");
    const auto gaps = parts.take(encoding.places, bytes, {"U8"}, where).bytes;
    return fill_places(parts, encoding, count, where, scale,
                       [&](const auto& visit) { visit_gaps(gaps, numbers, visit); });
}

}  // namespace dyce
