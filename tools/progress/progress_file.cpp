#include "tools/progress/progress_file.h"

#include "runtime/core/digest.h"

#include <dyce/error.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <unistd.h>

namespace dyce {
namespace {

constexpr std::string_view kFamily = "dyce.progress/", kFormat = "dyce.progress/1";
constexpr std::string_view kSizes = "sizes", kChecksum = "checksum";
constexpr std::size_t kDigits = 32, kChecksumAt = ProgressFile::kSlotHeadBytes - kDigits;

ProgressFile::Watcher& commit_watcher() {
    static ProgressFile::Watcher watcher;
    return watcher;
}

std::string digest_of(std::initializer_list<std::string_view> fields) {
    Digest digest;
    for (const std::string_view field : fields) digest.add(field);
    return digest.hex();
}

std::string sizes_digest(const std::vector<std::uint64_t>& sizes) {
    Digest digest;
    digest.add(std::as_bytes(std::span(sizes)));
    return digest.hex();
}

[[noreturn]] void refuse_other(const std::string& path, const std::string& what, const std::string& found,
                               const std::string& expected) {
    throw Error(ErrorCode::kContent, path,
                "keeps the progress of another " + what + ": " + found + ", expected " + expected +
                    "; remove it to start from the beginning");
}

// A line for each field, and what is needed to tell whether they are whole.
std::string heading_of(const ProgressKey& key) {
    std::string text = std::string(kFormat) + "\n";
    for (const auto& [name, value] : key.fields) text.append(name).append(" ").append(value).append("\n");
    text += std::string(kSizes) + " " + sizes_digest(key.sizes) + "\n";
    text += std::string(kChecksum) + " " + digest_of({text}) + "\n";
    text.resize(ProgressFile::kHeadingBytes - 1, ' ');
    return text + "\n";
}

// Empty when it is damaged.
std::map<std::string, std::string> fields_in(const std::string& heading) {
    const std::size_t end = heading.find("\n" + std::string(kChecksum) + " ");
    if (end == heading.npos) return {};
    const std::string text = heading.substr(0, end + 1);
    if (heading.compare(end + 1 + kChecksum.size() + 1, kDigits, digest_of({text})) != 0) return {};
    std::map<std::string, std::string> fields;
    for (std::size_t line = 0; line < text.size(); line = text.find('\n', line) + 1) {
        const std::size_t space = text.find(' ', line), stop = text.find('\n', line);
        if (space < stop) fields[text.substr(line, space - line)] = text.substr(space + 1, stop - space - 1);
    }
    return fields;
}

// Whole pages.
std::size_t slot_bytes_for(std::size_t payload_bytes) {
    constexpr std::size_t kPage = 4096;
    return (ProgressFile::kSlotHeadBytes + payload_bytes + kPage - 1) / kPage * kPage;
}

std::uint64_t number_at(std::span<const std::byte> bytes, std::size_t at) {
    std::uint64_t number = 0;
    std::memcpy(&number, bytes.data() + at, sizeof number);
    return number;
}

std::string_view text_of(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

void ProgressFile::watch_commits(Watcher watcher) { commit_watcher() = std::move(watcher); }
void ProgressFile::passed(const char* step) {
    if (commit_watcher()) commit_watcher()(step);
}

std::size_t ProgressFile::memory_bytes(std::size_t payload_bytes) {
    return kHeadingBytes + 2 * slot_bytes_for(payload_bytes);
}

ProgressFile::ProgressFile(const std::string& path, const ProgressKey& key, std::size_t payload_bytes,
                           Durability durability)
    : file_(RegularFile::open(path, O_RDWR | O_CREAT | O_NOFOLLOW)),
      slot_bytes_(slot_bytes_for(payload_bytes)),
      durability_(durability),
      heading_(heading_of(key)) {
    if (heading_.size() != kHeadingBytes)
        throw Error(ErrorCode::kInternal, path, "its heading does not fit into 4096 bytes");
    file_.lock(LOCK_EX);
    std::string found(kHeadingBytes, '\0');
    found.resize(file_.read_at(0, std::as_writable_bytes(std::span(found.data(), found.size()))));
    const std::size_t bytes = kHeadingBytes + 2 * slot_bytes_;
    const bool is_known = read_heading(key, found);
    if (!is_known || file_.size() != bytes + key.sizes.size() * sizeof(std::uint64_t)) {
        if (is_known) notice_ = path + ": is cut off: started from the beginning";
        make(key, heading_);
    }
    void* data = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file_.descriptor(), 0);
    if (data == MAP_FAILED) file_.fail("map");
    mapped_ = {static_cast<std::byte*>(data), bytes};
    read_slots();
}

ProgressFile::~ProgressFile() { munmap(mapped_.data(), mapped_.size()); }

// Whether the file is one of this run.
bool ProgressFile::read_heading(const ProgressKey& key, const std::string& found) {
    if (found.find_first_not_of('\0') == found.npos) return false;  // not even begun
    if (found == heading_) return true;
    const std::string_view start = kFamily.substr(0, found.size());
    if (!found.starts_with(start))
        throw Error(ErrorCode::kIo, file_.path(),
                    "was not written by dyce (it does not begin with " + std::string(kFamily) +
                        "): it is left as it is; move it away");
    if (heading_.starts_with(found)) return false;  // cut off while it was made
    if (!found.starts_with(std::string(kFormat) + "\n")) {
        notice_ = file_.path() + ": is in a format of another version of dyce: started from the beginning";
        return false;
    }
    const auto fields = fields_in(found);
    if (fields.empty()) {
        notice_ = file_.path() + ": its heading is damaged: started from the beginning";
        return false;
    }
    for (const auto& [name, value] : key.fields) {
        const auto other = fields.find(name);
        if (other == fields.end() || other->second != value)
            refuse_other(file_.path(), name, other == fields.end() ? "none" : other->second, value);
    }
    check_images(key);
    return true;
}

// The list is the same, but some image is not.
void ProgressFile::check_images(const ProgressKey& key) const {
    std::vector<std::uint64_t> sizes(key.sizes.size());
    file_.read_at(kHeadingBytes + 2 * slot_bytes_, std::as_writable_bytes(std::span(sizes)));
    for (std::size_t i = 0; i < sizes.size(); ++i)
        if (sizes[i] != key.sizes[i])
            throw Error(ErrorCode::kContent, key.image(i),
                        "has " + std::to_string(key.sizes[i]) + " bytes, expected " +
                            std::to_string(sizes[i]) + " as when " + file_.path() +
                            " was made: it was changed since");
    throw Error(ErrorCode::kContent, file_.path(), "its list of sizes is damaged; remove it");
}

// Room for everything is taken at once: a mapped file that finds none later would end the process.
void ProgressFile::make(const ProgressKey& key, const std::string& heading) {
    file_.resize(0);
    const std::size_t slots = kHeadingBytes + 2 * slot_bytes_;
    const auto table = std::as_bytes(std::span(key.sizes));
    if (const int error = posix_fallocate(file_.descriptor(), 0, static_cast<off_t>(slots + table.size()))) {
        errno = error;
        file_.fail("take room for the progress");
    }
    file_.write_at(slots, table);
    file_.write_at(0, std::as_bytes(std::span(heading.data(), heading.size())));
    if (durability_ == Durability::kPower) file_.flush();
}

std::span<std::byte> ProgressFile::slot(std::size_t i) const {
    return mapped_.subspan(kHeadingBytes + i * slot_bytes_, slot_bytes_);
}

// Covers the heading too: a slot is no good in another file.
std::string ProgressFile::checksum(std::span<const std::byte> head,
                                   std::span<const std::byte> payload) const {
    return digest_of({heading_, text_of(head.first(kChecksumAt)), text_of(payload)});
}

void ProgressFile::read_slots() {
    std::uint64_t sequences[2] = {0, 0};
    bool is_damaged = false;
    for (std::size_t i = 0; i < 2; ++i) {
        const auto bytes = slot(i);
        const std::uint64_t size = number_at(bytes, sizeof(std::uint64_t));
        const bool is_empty = std::ranges::all_of(bytes.first(kSlotHeadBytes),
                                                  [](std::byte byte) { return byte == std::byte{0}; });
        const bool is_whole =
            size <= slot_bytes_ - kSlotHeadBytes && text_of(bytes.subspan(kChecksumAt, kDigits)) ==
                                                        checksum(bytes, bytes.subspan(kSlotHeadBytes, size));
        if (is_whole)
            sequences[i] = number_at(bytes, 0);
        else
            is_damaged = is_damaged || !is_empty;
    }
    const std::size_t newest = sequences[1] > sequences[0] ? 1 : 0;
    for (const std::size_t i : {newest, 1 - newest})
        if (sequences[i] > 0)
            found_.push_back(slot(i).subspan(kSlotHeadBytes, number_at(slot(i), sizeof(std::uint64_t))));
    sequence_ = sequences[newest];
    next_ = sequence_ > 0 ? 1 - newest : 0;
    if (found_.empty() && is_damaged && notice_.empty())
        notice_ = file_.path() + ": no slot is whole: started from the beginning";
}

std::span<std::byte> ProgressFile::payload() { return slot(next_).subspan(kSlotHeadBytes); }

void ProgressFile::commit(std::size_t bytes) {
    const auto own = slot(next_);
    passed("slot written");
    const std::uint64_t numbers[2] = {sequence_ + 1, bytes};
    std::memcpy(own.data(), numbers, sizeof numbers);
    passed("slot numbered");
    const std::string sum = checksum(own, own.subspan(kSlotHeadBytes, bytes));
    std::memcpy(own.data() + kChecksumAt, sum.data(), kDigits / 2);
    passed("half of the checksum");
    std::memcpy(own.data() + kChecksumAt + kDigits / 2, sum.data() + kDigits / 2, kDigits / 2);
    passed("slot whole");
    if (durability_ == Durability::kPower) file_.flush();
    found_.clear();
    ++sequence_;
    next_ = 1 - next_;
}

}  // namespace dyce
