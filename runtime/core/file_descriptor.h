// A file descriptor that is closed with its owner; -1 = none.
#pragma once

#include <unistd.h>

namespace dyce {

struct FileDescriptor {
    int fd;

    explicit FileDescriptor(int opened) : fd(opened) {}
    FileDescriptor(const FileDescriptor&) = delete;
    FileDescriptor& operator=(const FileDescriptor&) = delete;
    ~FileDescriptor() {
        if (fd >= 0) close(fd);
    }
};

}  // namespace dyce
