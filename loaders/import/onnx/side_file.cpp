#include "loaders/import/onnx/side_file.h"

#include "runtime/core/aligned.h"
#include "runtime/core/file_descriptor.h"
#include "runtime/core/text.h"

#include <dyce/error.h>

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace dyce {
namespace {

void check_name(const std::string& file, const std::string& where) {
    const bool plain = !file.empty() && file != "." && file != ".." && is_printable_utf8(file) &&
                       file.find('/') == std::string::npos;
    if (!plain)
        throw Error(ErrorCode::kContent, where,
                    "external data in " + in_quotes(file) +
                        "; expected the plain name of a file in the model's own folder");
}

int open_beside(const std::string& folder, const std::string& file, const std::string& where) {
    const FileDescriptor directory{open(folder.c_str(), O_RDONLY | O_CLOEXEC | O_DIRECTORY)};
    // O_NONBLOCK: opening a FIFO must not wait for a writer.
    const int fd = openat(directory.fd, file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd >= 0) return fd;
    if (errno == ELOOP)
        throw Error(ErrorCode::kContent, where,
                    "external data in " + in_quotes(file) + ", which is a symbolic link; links are refused");
    throw Error(ErrorCode::kIo, where,
                "cannot open external data " + in_quotes(file) + ": " + std::strerror(errno));
}

void check_range(const FileDescriptor& file, const SideFileRange& range, const std::string& where) {
    struct stat info {};
    if (fstat(file.fd, &info) != 0 || !S_ISREG(info.st_mode))
        throw Error(ErrorCode::kIo, where,
                    "external data " + in_quotes(range.file) + " is not a regular file");
    const std::int64_t length = info.st_size;
    if (range.offset < 0 || range.size < 0 || range.size > length || range.offset > length - range.size)
        throw Error(ErrorCode::kContent, where,
                    "external data: " + std::to_string(range.size) + " bytes at offset " +
                        std::to_string(range.offset) + " are not inside " + in_quotes(range.file) + " of " +
                        std::to_string(length) + " bytes");
}

}  // namespace

std::shared_ptr<const std::byte> read_side_file(const std::string& folder, const SideFileRange& range,
                                                const std::string& where) {
    check_name(range.file, where);
    const FileDescriptor file{open_beside(folder, range.file, where)};
    check_range(file, range, where);
    const auto block = allocate_aligned(static_cast<std::size_t>(range.size));
    for (std::int64_t done = 0; done < range.size;) {
        const auto left = static_cast<std::size_t>(range.size - done);
        const ssize_t got = pread(file.fd, block.get() + done, left, range.offset + done);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0)
            throw Error(ErrorCode::kIo, where, "cannot read external data " + in_quotes(range.file));
        done += got;
    }
    return block;
}

}  // namespace dyce
