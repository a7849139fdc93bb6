// A file of answers that grows with the progress and is cut back to it. One thread; one process at a time.
#pragma once

#include "runtime/core/regular_file.h"
#include "tools/progress/progress_file.h"

#include <cstdint>
#include <string>

namespace dyce {

class KeptOutput {
public:
    /// Opens the file at `path`, or makes it; touches nothing yet. Throws Error{kIo}.
    KeptOutput(const std::string& path, Durability durability);

    /// Whether it begins with `bytes` bytes the last of which have the digest `end`.
    bool begins_with(std::uint64_t bytes, const std::string& end) const;
    std::uint64_t size() const { return file_.size(); }
    const std::string& path() const { return file_.path(); }

    /// Goes on behind the first `bytes` bytes; what follows them is dropped. Throws Error{kIo}.
    void go_on_from(std::uint64_t bytes);
    /// Writes all of it. Throws Error{kIo}; then what was there before is still there.
    void append(const std::string& text);
    std::uint64_t bytes() const { return bytes_; }
    /// Digest of the last bytes.
    std::string end() const { return end_of(bytes_); }

private:
    std::string end_of(std::uint64_t bytes) const;

    RegularFile file_;
    Durability durability_;
    std::uint64_t bytes_ = 0;
};

}  // namespace dyce
