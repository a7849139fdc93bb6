// A file of rows that grows block by block and is never misread: it says what it is and what it belongs to,
// and every block has a checksum (docs/record-format.md). Kept between runs, so that work goes on where it
// was cut off. One thread.
#pragma once

#include "runtime/core/regular_file.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>

namespace dyce {

/// The first bytes of the file.
struct BlockHeading {
    std::string format;  ///< with its version: "dyce.journal/2"
    std::string key;     ///< everything that the rows depend on; the file holds its digest
    std::int64_t rows = 0;
    std::size_t row_bytes = 0;

    /// kBytes, the last one a line break.
    std::string text() const;
    static constexpr std::size_t kBytes = 128;
};

class BlockFile {
public:
    /// In front of each block's rows: their size, and the checksum.
    static constexpr std::size_t kHeadBytes = 64;

    /// Opens the file that dyce keeps at `path`, or makes it. Throws Error{kIo} when another process writes
    /// it, when it is not a regular file (links are not followed), and when dyce did not write it: such a
    /// file is left as it is.
    /// What is whole goes to `take`, block by block; a block that it does not want, and all behind that one,
    /// are forgotten like those that are damaged. A file of another key or version holds no rows.
    using Take = std::function<bool(std::span<const std::byte> rows)>;
    BlockFile(const std::string& path, const BlockHeading& heading, const Take& take);
    /// A new file in `folder`, without a name.
    BlockFile(const std::string& folder, const BlockHeading& heading);

    std::int64_t rows() const { return rows_; }
    bool is_complete() const { return rows_ == heading_.rows; }
    /// One human-readable line when something was found that is not used; else empty.
    const std::string& notice() const { return notice_; }
    const RegularFile& file() const { return file_; }
    /// Of what is whole, from the start of the file.
    std::uint64_t bytes() const { return end_; }

    /// Drops what was not taken, and keeps others from writing. Throws Error{kIo} when another process has
    /// the file open.
    void begin_writing();
    /// Adds a block and waits until it is on the disk; when no row is missing others may read the file.
    /// Throws Error{kIo}.
    void append(std::span<const std::byte> rows);

private:
    bool read_heading();
    void read_blocks(const Take& take);

    BlockHeading heading_;
    std::string heading_text_;
    RegularFile file_;
    std::uint64_t end_ = 0;  ///< of what is whole; 0 = not even the heading
    std::int64_t rows_ = 0, blocks_ = 0;
    std::string notice_;
};

}  // namespace dyce
