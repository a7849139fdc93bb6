// The file in which a run keeps how far it has come (dyce.progress/1, docs/interruption.md): a heading that says
// what it belongs to, and two slots that are written in turn, so that one is whole whenever the process or the power
// goes. One thread; one process at a time.
#pragma once

#include "runtime/core/regular_file.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace dyce {

/// What has to stay when power goes, and not only the process.
enum class Durability { kProcess, kPower };

/// What a progress belongs to. Another one is refused by the name of the first field that differs.
struct ProgressKey {
    std::vector<std::pair<std::string, std::string>> fields;  ///< name and a text without line breaks
    std::vector<std::uint64_t> sizes;                         ///< bytes of each image
    std::function<std::string(std::size_t)> image;            ///< what it is called
};

class ProgressFile {
public:
    static constexpr std::size_t kHeadingBytes = 4096;
    static constexpr std::size_t kSlotHeadBytes = 64;

    /// Opens the file kept at `path`, or makes it; a slot holds up to `payload_bytes`. Throws Error{kIo} when
    /// another process has it, when it was not written by dyce or the disk has no room for it, and
    /// Error{kContent} when it belongs to something else.
    ProgressFile(const std::string& path, const ProgressKey& key, std::size_t payload_bytes,
                 Durability durability);
    ~ProgressFile();
    ProgressFile(const ProgressFile&) = delete;
    ProgressFile& operator=(const ProgressFile&) = delete;

    /// What whole slots hold, the newest first; valid until the next commit.
    const std::vector<std::span<const std::byte>>& found() const { return found_; }
    /// One human-readable line when there was something that is not used; else empty.
    const std::string& notice() const { return notice_; }
    const std::string& path() const { return file_.path(); }
    /// Bytes of memory that a file with slots for so many takes.
    static std::size_t memory_bytes(std::size_t payload_bytes);

    /// Memory for what the next commit keeps, to be written in place. Until then the older slot is void.
    std::span<std::byte> payload();
    /// Keeps the first `bytes` of it. Throws Error{kIo}.
    void commit(std::size_t bytes);
    /// Nothing has been kept that is of use.
    void forget() { found_.clear(); }

    /// Called at steps of a commit, by their names. For tests, which end the process there.
    using Watcher = std::function<void(const char* step)>;
    static void watch_commits(Watcher watcher);
    static void passed(const char* step);

private:
    bool read_heading(const ProgressKey& key, const std::string& heading);
    void check_images(const ProgressKey& key) const;
    void make(const ProgressKey& key, const std::string& heading);
    void read_slots();
    std::span<std::byte> slot(std::size_t i) const;
    std::string checksum(std::span<const std::byte> head, std::span<const std::byte> payload) const;

    RegularFile file_;
    std::size_t slot_bytes_;
    Durability durability_;
    std::string heading_, notice_;
    std::span<std::byte> mapped_;
    std::vector<std::span<const std::byte>> found_;
    std::uint64_t sequence_ = 0;  ///< of the newest slot
    std::size_t next_ = 0;        ///< the slot to be written
};

}  // namespace dyce
