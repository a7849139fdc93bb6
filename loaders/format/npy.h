// Arrays in NumPy's .npy files (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html).
// Free functions; thread-safe.
#pragma once

#include "loaders/format/element.h"

#include <dyce/tensor.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace dyce {

constexpr std::size_t kMaxNpyHeader = 10'000;                  ///< bytes
constexpr std::uint64_t kMaxNpyFile = std::uint64_t{8} << 30;  ///< bytes

/// The most that magic, version and header take together.
constexpr std::size_t kMaxNpyStart = 12 + kMaxNpyHeader;

/// Reads one C-ordered little-endian array of float32, int64, int32, uint8 or bool; float64, float16, int16,
/// int8, uint16 and uint32 are widened as to_tensor() says. The file is mapped, not read, where possible.
/// Throws Error{kIo}, Error{kResource} when longer than `max_bytes`, and Error{kContent} saying what was
/// found.
Tensor read_npy(const std::string& path, std::uint64_t max_bytes = kMaxNpyFile);

/// What read_npy() will give, from the header alone.
TensorType npy_type(const std::string& path, std::uint64_t max_bytes = kMaxNpyFile);

/// read_npy() from memory. `owner` keeps `bytes` alive, so that the result may be a view of them; without one
/// it is a copy. `where` goes into error messages.
Tensor read_npy(std::span<const std::byte> bytes, const std::shared_ptr<const void>& owner,
                const std::string& where);

/// An array as a file stores it, nothing converted; borrows the file's bytes.
struct NpyArray {
    const Element* element;
    Shape shape;
    std::span<const std::byte> data;  ///< row-major
};

/// npy_type() of a file of `size` bytes that begins with `start`: at least kMaxNpyStart bytes, or all of it.
TensorType npy_type(std::span<const std::byte> start, std::uint64_t size, const std::string& where);

/// What read_npy() reads before it makes a tensor; the element types are those of find_npy_element().
NpyArray parse_npy(std::span<const std::byte> bytes, const std::string& where);

/// Magic, version and header of a .npy file of that type, padded to a multiple of 64 bytes.
std::string npy_header(const Element& element, const Shape& shape);

/// Writes `tensor` all or nothing. Throws Error{kIo}.
void write_npy(const std::string& path, const Tensor& tensor);

}  // namespace dyce
