// A regular file mapped read-only. Immutable; share it freely between threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace dyce {

class FileMapping {
public:
    /// Maps `path`. Throws Error{kIo} when it cannot be opened or is not a regular file, and
    /// Error{kResource} when it is longer than `max_bytes`. An empty file maps to an empty span.
    static std::shared_ptr<const FileMapping> open(const std::string& path, std::uint64_t max_bytes);

    ~FileMapping();
    FileMapping(const FileMapping&) = delete;
    FileMapping& operator=(const FileMapping&) = delete;

    std::span<const std::byte> bytes() const noexcept { return {data_, size_}; }
    /// Gives back the memory of the pages that lie wholly in `part`; they are read from the file again when
    /// they are touched, so that other threads may go on reading. What is not of this mapping is left alone.
    void release(std::span<const std::byte> part) const noexcept;

private:
    FileMapping(const std::byte* data, std::size_t size) : data_(data), size_(size) {}

    const std::byte* data_;
    std::size_t size_;
};

}  // namespace dyce
