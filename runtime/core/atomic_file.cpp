#include "runtime/core/atomic_file.h"

#include "runtime/core/fail.h"

#include <dyce/error.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace dyce {
namespace {

// A symbolic link keeps pointing at its target: the target is what gets replaced.
std::string resolve(const std::string& path) {
    std::error_code ignored;
    if (!std::filesystem::is_symlink(path, ignored)) return path;
    auto target = std::filesystem::weakly_canonical(path, ignored);
    return target.empty() ? path : target.string();
}

}  // namespace

AtomicFile::AtomicFile(const std::string& path) : path_(resolve(path)), temporary_(path_ + ".XXXXXX") {
    std::error_code ignored;
    if (std::filesystem::exists(path_, ignored) && !std::filesystem::is_regular_file(path_, ignored))
        throw Error(ErrorCode::kIo, path_, "exists and is not a regular file");
    fd_ = mkostemp(temporary_.data(), O_CLOEXEC);
    if (fd_ < 0) fail_system(path_, "create a temporary file beside it");
    const mode_t mask = umask(0);
    umask(mask);
    if (fchmod(fd_, 0666 & ~mask) != 0) fail_system(path_, "set permissions");
}

AtomicFile::~AtomicFile() {
    if (fd_ < 0) return;
    close(fd_);
    unlink(temporary_.c_str());
}

void AtomicFile::write(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
        const ssize_t count = ::write(fd_, bytes.data(), bytes.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) fail_system(path_, "write");
        bytes = bytes.subspan(static_cast<std::size_t>(count));
    }
}

void AtomicFile::write(const std::string& text) { write(std::as_bytes(std::span(text.data(), text.size()))); }

void AtomicFile::commit() {
    if (fsync(fd_) != 0) fail_system(path_, "flush");
    if (rename(temporary_.c_str(), path_.c_str()) != 0) fail_system(path_, "rename the temporary file");
    close(fd_);
    fd_ = -1;
    const std::string parent = std::filesystem::path(path_).parent_path().string();
    const int folder = open(parent.empty() ? "." : parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) return;  // written and renamed; a folder without read permission cannot be flushed
    fsync(folder);
    close(folder);
}

}  // namespace dyce
