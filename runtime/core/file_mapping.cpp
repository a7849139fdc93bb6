#include "runtime/core/file_mapping.h"

#include "runtime/core/fail.h"
#include "runtime/core/file_descriptor.h"

#include <dyce/error.h>

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace dyce {

std::shared_ptr<const FileMapping> FileMapping::open(const std::string& path, std::uint64_t max_bytes) {
    // O_NONBLOCK: opening a FIFO must report "not a regular file", not wait for a writer.
    FileDescriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
    if (file.fd < 0) fail_system(path, "open");
    struct stat info {};
    if (fstat(file.fd, &info) != 0) fail_system(path, "stat");
    if (!S_ISREG(info.st_mode)) throw Error(ErrorCode::kIo, path, "not a regular file");
    const auto size = static_cast<std::uint64_t>(info.st_size);
    if (size > max_bytes)
        throw Error(ErrorCode::kResource, path,
                    std::to_string(size) + " bytes, the limit is " + std::to_string(max_bytes));
    void* data = nullptr;
    if (size > 0) {
        data = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.fd, 0);
        if (data == MAP_FAILED) fail_system(path, "map");
    }
    return std::shared_ptr<const FileMapping>(new FileMapping(static_cast<const std::byte*>(data), size));
}

void FileMapping::release(std::span<const std::byte> part) const noexcept {
    const std::uintptr_t begin =
        reinterpret_cast<std::uintptr_t>(part.data()) - reinterpret_cast<std::uintptr_t>(data_);
    const std::uintptr_t end = begin + part.size();
    if (part.empty() || begin >= size_ || end > size_) return;
    const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    const std::size_t first = (begin + page - 1) / page * page;
    const std::size_t last = end == size_ ? end : end / page * page;  // nothing else is in the last page
    if (first < last) madvise(const_cast<std::byte*>(data_) + first, last - first, MADV_DONTNEED);
}

FileMapping::~FileMapping() {
    if (size_ > 0) munmap(const_cast<std::byte*>(data_), size_);
}

}  // namespace dyce
