// What encoded tensors are made of, and how they are decoded: one function for each encoding. One thread.
#pragma once

#include "loaders/format/safetensors.h"
#include "loaders/format/tensor_encoding.h"

#include <cstddef>
#include <map>
#include <span>
#include <string>

namespace dyce {

/// Numbers of a stored tensor.
struct PieceNumbers {
    const Element* element;
    std::span<const std::byte> bytes;

    std::size_t count() const { return bytes.size() / element->size; }
    bool is_integers() const;
    /// Number `i` as float32; of float32, bfloat16 and I8.
    float operator[](std::size_t i) const;
};

/// Hands out the stored tensors' bytes, one after another.
class EncodedPieces {
public:
    explicit EncodedPieces(const Safetensors& file) : file_(file) {}

    /// Bytes of `name` that are not taken yet. Each throws Error{kContent} at `where` when there is no such tensor.
    std::span<const std::byte> rest(const std::string& name, const std::string& where) const;
    /// The next `count` elements, of one of the types. Throws as well where there are fewer.
    PieceNumbers take(const std::string& name, std::size_t count,
                      std::initializer_list<std::string_view> types, const std::string& where);
    const Safetensors::Entry& entry(const std::string& name, const std::string& where) const;
    /// The bytes of a whole tensor, however often.
    std::span<const std::byte> bytes(const Safetensors::Entry& entry) const { return file_.bytes(entry); }
    /// Throws Error{kContent} for a tensor of which something is left.
    void check_all_taken(const std::string& where) const;

private:
    const Safetensors& file_;
    std::map<std::string, std::size_t> taken_;  // bytes
};

/// One scale a row of `shape`, each finite and above 0; an empty tensor where `name` is empty.
Tensor take_scale(EncodedPieces& parts, const std::string& name, const Shape& shape,
                  const std::string& where);

/// All throw Error{kContent} at `where` for what does not fit. `scale` is given what was taken.
Tensor decode_mask(EncodedPieces& parts, const TensorEncoding& encoding, const std::string& where,
                   Tensor& scale);
Tensor decode_gaps(EncodedPieces& parts, const TensorEncoding& encoding, const std::string& where,
                   Tensor& scale);
Tensor decode_slice(EncodedPieces& parts, const TensorEncoding& encoding, const std::string& where);
Tensor decode_codebook(EncodedPieces& parts, const TensorEncoding& encoding, const std::string& where);

}  // namespace dyce
