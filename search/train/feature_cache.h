// The file between the network and the training of its heads: one row of features an image and pass. It is
// written in order and survives being killed: whole blocks are kept. One thread writes; once complete it is
// read from any number of threads.
#pragma once

#include "search/record/block_file.h"
#include "search/train/feature_layout.h"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

namespace dyce {

/// Rows in memory, or in a mapped file.
struct FeatureRows {
    const std::byte* bytes = nullptr;  ///< of the first row
    std::size_t row_bytes = 0;
    std::int64_t classes = 0;
    /// Of a file: behind so many rows the head of the next block lies in the way.
    std::int64_t block_rows = std::numeric_limits<std::int64_t>::max();

    const std::byte* row(std::int64_t i) const {
        return bytes + static_cast<std::size_t>(i) * row_bytes +
               static_cast<std::size_t>(i / block_rows) * BlockFile::kHeadBytes;
    }
    std::span<const float> logits(std::int64_t i) const {
        return {reinterpret_cast<const float*>(row(i)), static_cast<std::size_t>(classes)};
    }
    /// In bfloat16: the upper halves of float32 numbers.
    const std::uint16_t* features(std::int64_t i) const {
        return reinterpret_cast<const std::uint16_t*>(row(i) +
                                                      static_cast<std::size_t>(classes) * sizeof(float));
    }
    /// Rows of images that could not be read hold no numbers.
    bool is_missing(std::int64_t i) const { return !(logits(i)[0] == logits(i)[0]); }
};

class FeatureCache {
public:
    /// Opens the file for `key` (what the features depend on) in `folder`, or makes it, or a nameless one
    /// when `keep` is false. Rows that are damaged, of another key or of another version of the format are
    /// not there. Throws Error{kIo}, also when another process is at work on the file and when dyce did not
    /// write it.
    FeatureCache(const std::string& folder, bool keep, const std::string& key, const FeatureLayout& layout,
                 std::int64_t rows);
    ~FeatureCache();
    FeatureCache(const FeatureCache&) = delete;
    FeatureCache& operator=(const FeatureCache&) = delete;

    /// Rows that are there.
    std::int64_t complete() const { return file_.rows(); }
    /// One human-readable line when something was found that is not used; else empty.
    const std::string& notice() const { return file_.notice(); }
    /// Adds rows; whole blocks are flushed to disk, and the last one when all rows are there.
    /// Throws Error{kIo}.
    void append(std::span<const std::byte> rows);
    /// All rows, once all are there. The cache must outlive them.
    FeatureRows map();

    /// Rows of a block: 8 MiB, a multiple of the batches that are computed.
    static std::int64_t block_rows(std::size_t row_bytes);

private:
    FeatureLayout layout_;
    std::int64_t rows_, block_rows_;
    BlockFile file_;
    std::vector<std::byte> pending_;
    void* mapped_ = nullptr;
    std::size_t mapped_bytes_ = 0;
};

}  // namespace dyce
