// Containers of named tensors: the safetensors format (https://huggingface.co/docs/safetensors), which is
// 8 bytes of header length, a JSON header, and the tensors' bytes without gaps. A Safetensors is an immutable
// value; copies and the tensors it gives share the file's bytes. Thread-safe.
#pragma once

#include "loaders/format/element.h"
#include "runtime/core/file_mapping.h"

#include <dyce/tensor.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>

namespace dyce {

struct SafetensorsLimits {
    std::uint64_t file_bytes = std::uint64_t{8} << 30;
    std::uint64_t header_bytes = std::uint64_t{16} << 20;
    std::size_t tensors = 65'536;
    std::size_t metadata_keys = 65'536;
    std::size_t name_bytes = 512;
};

/// Throws Error{kContent} or, over the limit, Error{kResource} unless `name` may name a tensor.
void check_tensor_name(const std::string& name, const std::string& where,
                       const SafetensorsLimits& limits = {});

class Safetensors {
public:
    struct Entry {
        const Element* element = nullptr;
        Shape shape;
        std::uint64_t begin = 0;  ///< first byte, counted from the end of the header
        std::uint64_t end = 0;    ///< one past the last
    };

    /// Maps `path` and checks all of the header; every legal file is accepted, at any alignment.
    /// Throws Error{kIo}, Error{kResource} over a limit (tensors of more than 8 dimensions included), and
    /// Error{kContent} naming the tensor and what was expected. PyTorch's pickle files are refused with the
    /// two lines of Python that re-save them.
    static Safetensors open(const std::string& path, const SafetensorsLimits& limits = {});

    /// The same of bytes in memory, which `owner` keeps alive; errors call them `path`.
    static Safetensors parse(const std::string& path, std::span<const std::byte> bytes,
                             std::shared_ptr<const void> owner, const SafetensorsLimits& limits = {});

    const std::string& path() const noexcept { return path_; }
    const std::map<std::string, std::string>& metadata() const noexcept { return metadata_; }
    const std::map<std::string, Entry>& entries() const noexcept { return entries_; }
    /// Of the whole file.
    std::uint64_t byte_size() const noexcept { return byte_size_; }
    /// The mapped file; null when the bytes are elsewhere.
    const std::shared_ptr<const FileMapping>& mapping() const noexcept { return mapping_; }

    /// Bytes of a tensor as they are stored.
    std::span<const std::byte> bytes(const Entry& entry) const noexcept;
    /// The tensor as to_tensor() gives it: a view of the file wherever possible.
    /// Throws Error{kContent} when there is no such tensor, or its type has no counterpart.
    Tensor tensor(const std::string& name) const;

private:
    Safetensors() = default;

    std::string path_;
    std::shared_ptr<const FileMapping> mapping_;
    std::shared_ptr<const void> owner_;  // of the bytes
    std::span<const std::byte> data_;
    std::uint64_t byte_size_ = 0;
    std::map<std::string, std::string> metadata_;
    std::map<std::string, Entry> entries_;
};

/// How tensors are stored, where not as they are: "BF16" for float32 numbers, which are rounded to it, and "I8" for
/// uint8 numbers that mean signed ones in two's complement.
using StoredTypes = std::map<std::string, std::string>;

/// Writes the container all or nothing; the same content gives the same bytes. The data starts at a multiple
/// of 64 bytes; tensors of a multiple of 64 bytes come first, then larger element types, then names in order.
/// Throws Error{kIo}, and as the reader would for a name or a header that it refuses.
void write_safetensors(const std::string& path, const std::map<std::string, std::string>& metadata,
                       const std::map<std::string, Tensor>& tensors, const StoredTypes& types = {});

/// What that file takes.
struct ContainerSize {
    std::size_t header = 0, data = 0;  ///< bytes; the header with its length before it

    std::size_t all() const { return header + data; }
};
ContainerSize size_of_safetensors(const std::map<std::string, std::string>& metadata,
                                  const std::map<std::string, Tensor>& tensors,
                                  const StoredTypes& types = {});

}  // namespace dyce
