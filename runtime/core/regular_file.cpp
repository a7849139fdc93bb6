#include "runtime/core/regular_file.h"

#include "runtime/core/fail.h"

#include <dyce/error.h>

#include <cerrno>
#include <filesystem>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace dyce {

RegularFile RegularFile::open(const std::string& path, int flags) {
    const auto refuse = [&](const struct stat& info) {
        if (S_ISREG(info.st_mode)) return;
        throw Error(
            ErrorCode::kIo, path,
            S_ISLNK(info.st_mode) ? "is a symbolic link, expected a regular file" : "is not a regular file");
    };
    struct stat info {};
    // Looked at first, because opening alone makes some devices do things.
    const auto look = (flags & O_NOFOLLOW) != 0 ? ::lstat : ::stat;
    if (look(path.c_str(), &info) == 0) refuse(info);
    // What comes between the two looks is not followed, nor waited for (O_NONBLOCK: a FIFO without a peer).
    RegularFile file(path, ::open(path.c_str(), flags | O_CLOEXEC | O_NONBLOCK, 0666));
    if (file.descriptor_ < 0) file.fail("open");
    if (fstat(file.descriptor_, &info) != 0) file.fail("stat");
    refuse(info);
    return file;
}

RegularFile RegularFile::nameless(const std::string& folder) {
    std::string path = (std::filesystem::path(folder) / "dyce.XXXXXX").string();
    const int descriptor = mkostemp(path.data(), O_CLOEXEC);
    RegularFile file(path, descriptor);
    if (descriptor < 0) file.fail("create");
    unlink(path.c_str());
    return file;
}

RegularFile::RegularFile(RegularFile&& other) noexcept
    : path_(std::move(other.path_)), descriptor_(std::exchange(other.descriptor_, -1)) {}

RegularFile::~RegularFile() {
    if (descriptor_ >= 0) close(descriptor_);
}

std::uint64_t RegularFile::size() const {
    struct stat info {};
    if (fstat(descriptor_, &info) != 0) fail("stat");
    return static_cast<std::uint64_t>(info.st_size);
}

std::size_t RegularFile::read_at(std::uint64_t offset, std::span<std::byte> bytes) const {
    std::size_t total = 0;
    while (total < bytes.size()) {
        const ssize_t count = pread(descriptor_, bytes.data() + total, bytes.size() - total,
                                    static_cast<off_t>(offset + total));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) fail("read");
        if (count == 0) break;
        total += static_cast<std::size_t>(count);
    }
    return total;
}

void RegularFile::write_at(std::uint64_t offset, std::span<const std::byte> bytes) const {
    while (!bytes.empty()) {
        const ssize_t count = pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) fail("write");
        bytes = bytes.subspan(static_cast<std::size_t>(count));
        offset += static_cast<std::uint64_t>(count);
    }
}

void RegularFile::resize(std::uint64_t size) const {
    if (ftruncate(descriptor_, static_cast<off_t>(size)) != 0) fail("resize");
}

void RegularFile::flush() const {
    if (fdatasync(descriptor_) != 0) fail("flush");
}

void RegularFile::lock(int operation) const {
    if (flock(descriptor_, operation | LOCK_NB) == 0) return;
    if (errno == EOPNOTSUPP || errno == ENOSYS || errno == ENOLCK) return;
    if (errno != EWOULDBLOCK) fail("lock");
    throw Error(ErrorCode::kIo, path_, "cannot lock: another process is at work on it");
}

void RegularFile::fail(const char* action) const { fail_system(path_, action); }

}  // namespace dyce
