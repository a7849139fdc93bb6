// Writes a file so that readers see the old content or the whole new one, never a part.
#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace dyce {

/// A temporary file beside `path` that takes its name on commit(). Not copyable; one thread.
class AtomicFile {
public:
    /// Throws Error{kIo} when the folder cannot be written.
    explicit AtomicFile(const std::string& path);
    /// Removes the temporary file unless committed.
    ~AtomicFile();
    AtomicFile(const AtomicFile&) = delete;
    AtomicFile& operator=(const AtomicFile&) = delete;

    /// Appends. Throws Error{kIo}.
    void write(std::span<const std::byte> bytes);
    void write(const std::string& text);
    /// Flushes to disk (file and folder) and renames over `path`. Throws Error{kIo}.
    void commit();

private:
    std::string path_;
    std::string temporary_;
    int fd_ = -1;
};

}  // namespace dyce
