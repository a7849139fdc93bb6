// Numbers that are entries of a book of at most 256.
#include "loaders/format/encoded_pieces.h"
#include "runtime/core/fail.h"
#include "runtime/core/text.h"

#include <algorithm>

namespace dyce {

Tensor decode_codebook(EncodedPieces& parts, const TensorEncoding& encoding, const std::string& where) {
    const Safetensors::Entry& codes = parts.entry(encoding.values, where);
    const Safetensors::Entry& book = parts.entry(encoding.places, where);
    if (codes.element->safetensors != "U8" || codes.shape.rank() == 0)
        fail_content(where, "the codes " + in_quotes(encoding.values) + " are " +
                                std::string(codes.element->safetensors) + " of shape " +
                                codes.shape.to_string() + ", expected U8 of 1 dimension or more");
    if (book.element->safetensors != "F32" || book.shape.rank() != 1 || book.shape[0] < 1 ||
        book.shape[0] > 256)
        fail_content(where, "the book " + in_quotes(encoding.places) + " is " +
                                std::string(book.element->safetensors) + " of shape " +
                                book.shape.to_string() + ", expected 1 to 256 numbers of F32");
    const PieceNumbers numbers{book.element, parts.bytes(book)};
    const auto bytes = parts.bytes(codes);
    const auto wrong = std::find_if(bytes.begin(), bytes.end(), [&](std::byte code) {
        return std::to_integer<std::size_t>(code) >= numbers.count();
    });
    if (wrong != bytes.end())
        fail_content(where, "code " + std::to_string(std::to_integer<int>(*wrong)) +
                                ", expected one below the " + std::to_string(numbers.count()) +
                                " of the book");
    Tensor tensor(DataType::kFloat32, codes.shape);
    std::transform(bytes.begin(), bytes.end(), tensor.mutable_data<float>(),
                   [&](std::byte code) { return numbers[std::to_integer<std::size_t>(code)]; });
    return tensor;
}

}  // namespace dyce
