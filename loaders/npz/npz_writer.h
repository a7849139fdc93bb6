// Writes .npz archives all or nothing: arrays stored, not deflated, without time stamps, so that equal arrays
// make equal files. One thread.
#pragma once

#include "loaders/format/element.h"
#include "runtime/core/atomic_file.h"

#include <dyce/tensor.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace dyce {

class NpzWriter {
public:
    /// Throws Error{kIo} when the folder cannot be written.
    explicit NpzWriter(const std::string& path);

    /// Appends the array `name`: its row-major bytes, cut into `pieces` anywhere. Names are distinct.
    /// Throws Error{kIo}, and Error{kResource} when the archive would pass 4 GiB.
    void add(const std::string& name, const Element& element, const Shape& shape,
             const std::vector<std::span<const std::byte>>& pieces);
    /// Writes the directory and lets the file appear. Throws Error{kIo}.
    void commit();

private:
    struct Member {
        std::string name;
        std::string facts;  ///< what local header and directory entry share
        std::uint64_t offset;
    };

    void write(std::string_view text);

    std::string path_;
    AtomicFile file_;
    std::uint64_t size_ = 0;
    std::vector<Member> members_;
};

}  // namespace dyce
