// An open regular file, read and written at offsets. It is closed with the object; one owner, any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace dyce {

class RegularFile {
public:
    /// Opens `path` with the flags of open(2). Throws Error{kIo} when that fails or when it is not a regular
    /// file: a FIFO, a device or, with O_NOFOLLOW, a symbolic link is refused at once and left untouched.
    static RegularFile open(const std::string& path, int flags);
    /// A file in `folder` that has no name and goes when it is closed. Throws Error{kIo}.
    static RegularFile nameless(const std::string& folder);

    RegularFile(RegularFile&& other) noexcept;
    RegularFile& operator=(RegularFile&&) = delete;
    ~RegularFile();

    const std::string& path() const { return path_; }
    int descriptor() const { return descriptor_; }

    // All throw Error{kIo} naming the path.
    std::uint64_t size() const;
    /// Reads up to bytes.size() bytes at `offset`, fewer only where the file ends; gives how many.
    std::size_t read_at(std::uint64_t offset, std::span<std::byte> bytes) const;
    void write_at(std::uint64_t offset, std::span<const std::byte> bytes) const;
    void resize(std::uint64_t size) const;
    /// Waits until what was written is on the disk.
    void flush() const;
    /// flock(2), without waiting. Does nothing where the file system has no locks.
    void lock(int operation) const;
    /// Throws "cannot ACTION" with what errno says.
    [[noreturn]] void fail(const char* action) const;

private:
    RegularFile(std::string path, int descriptor) : path_(std::move(path)), descriptor_(descriptor) {}

    std::string path_;
    int descriptor_;
};

}  // namespace dyce
