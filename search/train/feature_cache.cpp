#include "search/train/feature_cache.h"

#include "runtime/core/digest.h"

#include <dyce/error.h>

#include <algorithm>
#include <filesystem>

#include <sys/mman.h>

namespace dyce {
namespace {

constexpr const char* kFeatureFormat = "dyce.features/2";
constexpr std::size_t kBlockBytes = std::size_t{8} << 20;
constexpr std::int64_t kBatchRows = 32;

// Blocks of any other size than append() makes are not taken: rows are found by their number.
BlockFile open_features(const std::string& folder, bool keep, const std::string& name,
                        const BlockHeading& heading, std::int64_t block_rows) {
    const std::filesystem::path parent = folder.empty() ? "." : folder;
    if (!keep) return BlockFile(parent.string(), heading);
    std::error_code ignored;
    std::filesystem::create_directories(parent, ignored);
    std::int64_t first = 0;
    return BlockFile((parent / name).string(), heading, [&](std::span<const std::byte> block) {
        const std::int64_t expected = std::min(block_rows, heading.rows - first);
        first += expected;
        return block.size() == static_cast<std::size_t>(expected) * heading.row_bytes;
    });
}

std::string feature_file_name(const std::string& key, const FeatureLayout& layout) {
    Digest digest;
    digest.add(key);
    digest.add(layout.text());
    return "features-" + digest.hex();
}

}  // namespace

FeatureCache::FeatureCache(const std::string& folder, bool keep, const std::string& key,
                           const FeatureLayout& layout, std::int64_t rows)
    : layout_(layout),
      rows_(rows),
      block_rows_(block_rows(layout.row_bytes())),
      file_(open_features(folder, keep, feature_file_name(key, layout),
                          {kFeatureFormat, key + " " + layout.text(), rows, layout.row_bytes()},
                          block_rows_)) {
    if (!file_.is_complete()) file_.begin_writing();
}

FeatureCache::~FeatureCache() {
    if (mapped_ != nullptr) munmap(mapped_, mapped_bytes_);
}

std::int64_t FeatureCache::block_rows(std::size_t row_bytes) {
    const auto batches = static_cast<std::int64_t>(kBlockBytes / row_bytes) / kBatchRows;
    return std::max<std::int64_t>(batches, 1) * kBatchRows;
}

void FeatureCache::append(std::span<const std::byte> rows) {
    pending_.insert(pending_.end(), rows.begin(), rows.end());
    std::span<const std::byte> waiting = pending_;
    for (;;) {
        const std::int64_t block = std::min(block_rows_, rows_ - complete());
        const std::size_t bytes = static_cast<std::size_t>(block) * layout_.row_bytes();
        if (bytes == 0 || waiting.size() < bytes) break;
        file_.append(waiting.first(bytes));
        waiting = waiting.subspan(bytes);
    }
    pending_.erase(pending_.begin(), pending_.end() - static_cast<std::ptrdiff_t>(waiting.size()));
}

FeatureRows FeatureCache::map() {
    if (mapped_ == nullptr) {
        const RegularFile& file = file_.file();
        mapped_bytes_ = file_.bytes();
        if (file.size() < mapped_bytes_)
            throw Error(ErrorCode::kIo, file.path(), "was cut short by somebody else");
        void* data = mmap(nullptr, mapped_bytes_, PROT_READ, MAP_SHARED, file.descriptor(), 0);
        if (data == MAP_FAILED) file.fail("map");
        mapped_ = data;
    }
    return {static_cast<const std::byte*>(mapped_) + BlockHeading::kBytes + BlockFile::kHeadBytes,
            layout_.row_bytes(), layout_.classes, block_rows_};
}

}  // namespace dyce
