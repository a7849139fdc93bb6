// Archives of arrays: NumPy's .npz, a zip of .npy members, stored or deflated. Offline only (needs libzip).
// An NpzReader belongs to one thread; the tensors it returns stand on their own.
#pragma once

#include "loaders/format/npy.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace dyce {

struct NpzLimits {
    std::uint64_t file_bytes = std::uint64_t{8} << 30;
    std::uint64_t unpacked_bytes = std::uint64_t{8} << 30;  ///< of all members together
    std::uint64_t members = 64;
};

/// An unpacked member.
struct StoredArray {
    std::string where;  ///< for error messages
    NpyArray array;     ///< borrows from `owner`
    std::shared_ptr<const void> owner;
};

class NpzReader {
public:
    /// Opens the archive and checks its directory; members are unpacked by read().
    /// Throws Error{kIo}, Error{kResource} over a limit or when a member unpacks to more than 1,100 times its
    /// size + 1 MiB, and Error{kContent}: not a zip, trailing bytes, an encrypted, repeated or foreign
    /// member.
    explicit NpzReader(const std::string& path, const NpzLimits& limits = {});
    ~NpzReader();
    NpzReader(NpzReader&&) noexcept;
    NpzReader& operator=(NpzReader&&) noexcept;

    /// Array names (members without ".npy") in the order of the archive.
    const std::vector<std::string>& names() const noexcept;
    bool contains(const std::string& name) const;
    /// The type of read(name), by unpacking no more than the member's header.
    TensorType type(const std::string& name) const;
    /// Throws Error{kContent} when there is no such member, its bytes or its checksum are wrong, or it is not
    /// what read_npy() accepts.
    Tensor read(const std::string& name) const;
    /// The same, nothing converted: columns of narrow integers are not widened all at once.
    StoredArray read_stored(const std::string& name) const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace dyce
