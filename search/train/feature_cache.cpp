#include "search/train/feature_cache.h"

#include "runtime/core/digest.h"

#include <dyce/error.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <unistd.h>

namespace dyce {
namespace {

constexpr std::size_t kHeaderBytes = 4096;
constexpr std::size_t kCountOffset = kHeaderBytes - sizeof(std::int64_t);
constexpr std::size_t kPendingBytes = std::size_t{64} << 20;

using Header = std::array<std::byte, kCountOffset>;

// What must be equal for a file to be continued.
Header make_header(const std::string& digest, const FeatureLayout& layout, std::int64_t rows) {
    const std::string text = "dyce.features/1\n" + digest + "\n" + std::to_string(rows) + " rows of " +
                             std::to_string(layout.row_bytes()) + " bytes\n";
    Header header{};
    std::memcpy(header.data(), text.data(), text.size());
    return header;
}

}  // namespace

FeatureCache::FeatureCache(const std::string& folder, bool keep, const std::string& key,
                           const FeatureLayout& layout, std::int64_t rows)
    : layout_(layout), rows_(rows) {
    Digest digest;
    digest.add(key);
    digest.add(layout.text());
    const std::filesystem::path parent = folder.empty() ? "." : folder;
    path_ = (parent / ("features-" + digest.hex())).string();
    if (keep) {
        std::error_code ignored;
        std::filesystem::create_directories(parent, ignored);
        fd_ = open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    } else {
        path_ += ".XXXXXX";
        fd_ = mkostemp(path_.data(), O_CLOEXEC);
        if (fd_ >= 0) unlink(path_.c_str());
    }
    if (fd_ < 0) fail("create the cache of features");
    if (flock(fd_, LOCK_SH | LOCK_NB) != 0) fail("lock the cache of features");

    const Header expected = make_header(digest.hex(), layout, rows);
    Header found{};
    std::int64_t count = 0;
    const bool is_ours = pread(fd_, found.data(), found.size(), 0) == static_cast<ssize_t>(found.size()) &&
                         found == expected &&
                         pread(fd_, &count, sizeof count, kCountOffset) == sizeof count && count >= 0 &&
                         count <= rows;
    complete_ = is_ours ? count : 0;
    // Many may read a whole file, one may write a part.
    if (complete_ < rows && flock(fd_, LOCK_EX | LOCK_NB) != 0) fail("lock the cache of features");
    if (is_ours) return;
    if (ftruncate(fd_, 0) != 0 || ftruncate(fd_, kHeaderBytes) != 0) fail("empty");
    write_at(0, expected);
}

FeatureCache::~FeatureCache() {
    if (mapped_ != nullptr)
        munmap(mapped_, kHeaderBytes + static_cast<std::size_t>(rows_) * layout_.row_bytes());
    if (fd_ >= 0) close(fd_);
}

void FeatureCache::append(std::span<const std::byte> rows) {
    pending_.insert(pending_.end(), rows.begin(), rows.end());
    const auto waiting = static_cast<std::int64_t>(pending_.size() / layout_.row_bytes());
    if (pending_.size() >= kPendingBytes || complete_ + waiting == rows_) flush();
}

// The rows are on the disk before the count says so.
void FeatureCache::flush() {
    write_at(kHeaderBytes + static_cast<std::uint64_t>(complete_) * layout_.row_bytes(), pending_);
    if (fdatasync(fd_) != 0) fail("flush");
    complete_ += static_cast<std::int64_t>(pending_.size() / layout_.row_bytes());
    pending_.clear();
    write_at(kCountOffset, std::as_bytes(std::span(&complete_, 1)));
    if (fdatasync(fd_) != 0) fail("flush");
    if (complete_ == rows_) flock(fd_, LOCK_SH);
}

FeatureRows FeatureCache::map() {
    const std::size_t size = kHeaderBytes + static_cast<std::size_t>(rows_) * layout_.row_bytes();
    if (mapped_ == nullptr) {
        void* data = mmap(nullptr, size, PROT_READ, MAP_SHARED, fd_, 0);
        if (data == MAP_FAILED) fail("map");
        mapped_ = data;
    }
    return {static_cast<const std::byte*>(mapped_) + kHeaderBytes, layout_.row_bytes(), layout_.classes};
}

void FeatureCache::write_at(std::uint64_t offset, std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
        const ssize_t count = pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) fail("write");
        bytes = bytes.subspan(static_cast<std::size_t>(count));
        offset += static_cast<std::uint64_t>(count);
    }
}

void FeatureCache::fail(const char* action) const {
    throw Error(ErrorCode::kIo, path_, std::string("cannot ") + action + ": " + std::strerror(errno));
}

}  // namespace dyce
