#include "search/record/block_file.h"

#include "runtime/core/digest.h"

#include <dyce/error.h>

#include <algorithm>
#include <array>
#include <vector>

#include <fcntl.h>
#include <sys/file.h>

namespace dyce {
namespace {

constexpr std::size_t kSizeBytes = 8;       // of a block's rows, little-endian, at the start of its head
constexpr std::size_t kChecksumBytes = 32;  // at the end of the head; zeros between the two

using BlockHead = std::array<char, BlockFile::kHeadBytes>;

std::span<const std::byte> bytes_of(std::string_view text) {
    return std::as_bytes(std::span(text.data(), text.size()));
}

// The checksum covers the heading and the block's number: a block is no good in another file or place.
BlockHead head_of(const std::string& heading, std::int64_t number, std::span<const std::byte> rows) {
    Digest digest;
    digest.add(heading);
    digest.add(std::to_string(number));
    digest.add(rows);
    BlockHead head{};
    for (std::size_t i = 0; i < kSizeBytes; ++i)
        head[i] = static_cast<char>(static_cast<std::uint64_t>(rows.size()) >> (8 * i));
    const std::string hex = digest.hex();
    std::copy(hex.begin(), hex.end(), head.end() - kChecksumBytes);
    return head;
}

std::uint64_t size_in(const BlockHead& head) {
    std::uint64_t size = 0;
    for (std::size_t i = 0; i < kSizeBytes; ++i)
        size |= static_cast<std::uint64_t>(static_cast<unsigned char>(head[i])) << (8 * i);
    return size;
}

// "dyce.journal/" of "dyce.journal/2".
std::string family_of(const std::string& format) { return format.substr(0, format.find('/') + 1); }

}  // namespace

std::string BlockHeading::text() const {
    Digest digest;
    digest.add(key);
    std::string text = format + " " + digest.hex() + " " + std::to_string(rows) + " rows of " +
                       std::to_string(row_bytes) + " bytes";
    text.resize(kBytes - 1, ' ');
    return text + "\n";
}

BlockFile::BlockFile(const std::string& path, const BlockHeading& heading, const Take& take)
    : heading_(heading),
      heading_text_(heading.text()),
      file_(RegularFile::open(path, O_RDWR | O_CREAT | O_NOFOLLOW)) {
    file_.lock(LOCK_SH);
    if (read_heading()) read_blocks(take);
}

BlockFile::BlockFile(const std::string& folder, const BlockHeading& heading)
    : heading_(heading), heading_text_(heading.text()), file_(RegularFile::nameless(folder)) {}

bool BlockFile::read_heading() {
    std::string found(BlockHeading::kBytes, '\0');
    found.resize(file_.read_at(0, std::as_writable_bytes(std::span(found.data(), found.size()))));
    if (found == heading_text_) {
        end_ = found.size();
        return true;
    }
    if (found.empty()) return false;
    const std::string family = family_of(heading_.format);
    if (!found.starts_with(family))
        throw Error(ErrorCode::kIo, file_.path(),
                    "was not written by dyce (it does not begin with " + family +
                        "): it is left as it is; move it away");
    if (heading_text_.starts_with(found)) return false;  // cut off while it was made
    const std::string format = found.substr(0, found.find_first_of(" \n"));
    notice_ = file_.path() + ": is " +
              (format == heading_.format ? "of other rows" : "in a format of another version of dyce") +
              ": made anew";
    return false;
}

void BlockFile::read_blocks(const Take& take) {
    const std::uint64_t size = file_.size();
    std::vector<std::byte> rows;
    BlockHead head{};
    while (end_ < size) {
        if (file_.read_at(end_, std::as_writable_bytes(std::span(head))) < head.size()) return;
        const std::uint64_t bytes = size_in(head);
        const std::uint64_t missing = static_cast<std::uint64_t>(heading_.rows - rows_) * heading_.row_bytes;
        const bool fits = bytes > 0 && bytes <= missing && bytes % heading_.row_bytes == 0;
        if (fits && bytes > size - end_ - head.size()) return;  // a run ended while it wrote this block
        if (fits) {
            rows.resize(bytes);
            rows.resize(file_.read_at(end_ + head.size(), rows));
        }
        if (!fits || head_of(heading_text_, blocks_, rows) != head || !take(rows)) {
            notice_ = file_.path() + ": is damaged behind row " + std::to_string(rows_) +
                      ": what follows is computed again";
            return;
        }
        end_ += head.size() + bytes;
        rows_ += static_cast<std::int64_t>(bytes / heading_.row_bytes);
        ++blocks_;
    }
}

void BlockFile::begin_writing() {
    file_.lock(LOCK_EX);
    if (end_ == 0) {
        file_.resize(0);
        file_.write_at(0, bytes_of(heading_text_));
        end_ = heading_text_.size();
    } else if (file_.size() != end_) {
        file_.resize(end_);
    }
}

void BlockFile::append(std::span<const std::byte> rows) {
    const BlockHead head = head_of(heading_text_, blocks_, rows);
    file_.write_at(end_, std::as_bytes(std::span(head)));
    file_.write_at(end_ + head.size(), rows);
    file_.flush();
    end_ += head.size() + rows.size();
    rows_ += static_cast<std::int64_t>(rows.size() / heading_.row_bytes);
    ++blocks_;
    if (is_complete()) file_.lock(LOCK_SH);
}

}  // namespace dyce
