// Element types as files store them (little-endian), and how they become tensors: types that dyce
// computes with stay views of the file, the others are widened. Constant data; thread-safe.
#pragma once

#include <dyce/tensor.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace dyce {

struct Element {
    /// Converts `count` values; the source need not be aligned.
    using Widen = void (*)(const std::byte* from, std::size_t count, void* to);

    std::string_view safetensors;   ///< its name in a safetensors header
    std::string_view npy;           ///< its code in a .npy header, byte order left out; empty = none
    std::size_t size;               ///< bytes
    std::optional<DataType> dtype;  ///< what it becomes; none = known, but not convertible
    Widen widen = nullptr;          ///< null when stored exactly as `dtype`
};

/// Null when there is no such type.
const Element* find_safetensors_element(std::string_view name);
const Element* find_npy_element(std::string_view code);
/// The element that stores `dtype` as it is.
const Element& element_of(DataType dtype);

/// What to_tensor() makes of the element. Throws Error{kContent} at `where` when it has no counterpart.
DataType tensor_dtype(const Element& element, const std::string& where);

/// A tensor over `bytes`, whose size must be that of `shape`. A view kept alive by `owner` when the type is
/// stored as computed, the address aligned and `owner` given; else a copy. F64 (beyond float32: infinity),
/// F16 and BF16 become float32; I16, I8 and U16 int32; U32 int64. Throws what tensor_dtype() throws, and
/// Error{kContent} for a bool that is not 0 or 1.
Tensor to_tensor(const Element& element, const Shape& shape, std::span<const std::byte> bytes,
                 const std::shared_ptr<const void>& owner, const std::string& where);

}  // namespace dyce
