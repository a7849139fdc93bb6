#include "search/record_journal.h"

#include <dyce/error.h>

#include <fcntl.h>
#include <unistd.h>
#include <cerrno>
#include <cstring>

namespace dyce {
namespace {

[[noreturn]] void fail(const std::string& path, const std::string& what) {
    throw Error(ErrorCode::kIo, path, what + ": " + std::strerror(errno));
}

void write_all(int file, const void* bytes, std::size_t size, const std::string& path) {
    const auto* next = static_cast<const char*>(bytes);
    while (size > 0) {
        const ssize_t written = ::write(file, next, size);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) fail(path, "cannot write");
        next += written;
        size -= static_cast<std::size_t>(written);
    }
}

// Reads as much as there is, up to `size`.
std::size_t read_some(int file, void* bytes, std::size_t size, const std::string& path) {
    std::size_t total = 0;
    while (total < size) {
        const ssize_t got = ::read(file, static_cast<char*>(bytes) + total, size - total);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) fail(path, "cannot read");
        if (got == 0) break;
        total += static_cast<std::size_t>(got);
    }
    return total;
}

}  // namespace

RecordJournal::RecordJournal(std::string path, const std::string& heading, std::size_t classes_per_row,
                             std::size_t scores_per_row)
    : path_(std::move(path)), classes_(classes_per_row), scores_(scores_per_row) {
    file_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (file_ < 0) fail(path_, "cannot open");
    read_rows(heading);
    // What a kill left behind the last whole row is cut off.
    const auto size = static_cast<off_t>(heading.size() + rows_.size() * row_bytes());
    if (rows_.empty()) {
        if (::ftruncate(file_, 0) != 0 || ::lseek(file_, 0, SEEK_SET) != 0) fail(path_, "cannot clear");
        write_all(file_, heading.data(), heading.size(), path_);
    } else if (::ftruncate(file_, size) != 0 || ::lseek(file_, size, SEEK_SET) != size) {
        fail(path_, "cannot shorten");
    }
}

RecordJournal::~RecordJournal() {
    if (file_ >= 0) ::close(file_);
}

std::size_t RecordJournal::row_bytes() const { return 4 * (classes_ + scores_); }

void RecordJournal::read_rows(const std::string& heading) {
    std::string found(heading.size(), '\0');
    if (read_some(file_, found.data(), found.size(), path_) != found.size() || found != heading) return;
    std::vector<char> bytes(row_bytes());
    while (read_some(file_, bytes.data(), bytes.size(), path_) == bytes.size()) {
        RecordRow row{std::vector<std::int32_t>(classes_), std::vector<float>(scores_)};
        std::memcpy(row.classes.data(), bytes.data(), 4 * classes_);
        std::memcpy(row.scores.data(), bytes.data() + 4 * classes_, 4 * scores_);
        rows_.push_back(std::move(row));
    }
}

void RecordJournal::add(std::vector<RecordRow> rows) {
    std::vector<char> bytes(rows.size() * row_bytes());
    char* next = bytes.data();
    for (RecordRow& row : rows) {
        std::memcpy(next, row.classes.data(), 4 * classes_);
        std::memcpy(next + 4 * classes_, row.scores.data(), 4 * scores_);
        next += row_bytes();
        rows_.push_back(std::move(row));
    }
    write_all(file_, bytes.data(), bytes.size(), path_);
    if (::fdatasync(file_) != 0) fail(path_, "cannot write to the disk");
}

void RecordJournal::remove() {
    if (::unlink(path_.c_str()) != 0) fail(path_, "cannot remove");
}

}  // namespace dyce
