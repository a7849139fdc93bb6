// The file between the network and the training of its heads: one row of features a picture and pass. It is
// written in order and survives being killed: what has been flushed is kept. One thread writes; once complete
// it is read from any number of threads.
#pragma once

#include "search/train/feature_layout.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace dyce {

/// Rows in memory, or in a mapped file.
struct FeatureRows {
    const std::byte* bytes = nullptr;
    std::size_t row_bytes = 0;
    std::int64_t classes = 0;

    const std::byte* row(std::int64_t i) const { return bytes + static_cast<std::size_t>(i) * row_bytes; }
    std::span<const float> logits(std::int64_t i) const {
        return {reinterpret_cast<const float*>(row(i)), static_cast<std::size_t>(classes)};
    }
    /// In bfloat16: the upper halves of float32 numbers.
    const std::uint16_t* features(std::int64_t i) const {
        return reinterpret_cast<const std::uint16_t*>(row(i) +
                                                      static_cast<std::size_t>(classes) * sizeof(float));
    }
    /// Rows of pictures that could not be read hold no numbers.
    bool is_missing(std::int64_t i) const { return !(logits(i)[0] == logits(i)[0]); }
};

class FeatureCache {
public:
    /// Opens the file for `key` (what the features depend on) in `folder`, or makes it, or a nameless one
    /// when `keep` is false. Throws Error{kIo}, also when another process is at work on the file.
    FeatureCache(const std::string& folder, bool keep, const std::string& key, const FeatureLayout& layout,
                 std::int64_t rows);
    ~FeatureCache();
    FeatureCache(const FeatureCache&) = delete;
    FeatureCache& operator=(const FeatureCache&) = delete;

    /// Rows that are there.
    std::int64_t complete() const { return complete_; }
    /// Adds rows; they are flushed to disk now and then, and when the last one is there. Throws Error{kIo}.
    void append(std::span<const std::byte> rows);
    /// All rows, once all are there. The cache must outlive them.
    FeatureRows map();

private:
    void write_at(std::uint64_t offset, std::span<const std::byte> bytes);
    void flush();
    [[noreturn]] void fail(const char* action) const;

    std::string path_;
    int fd_ = -1;
    FeatureLayout layout_;
    std::int64_t rows_;
    std::int64_t complete_ = 0;
    std::vector<std::byte> pending_;
    void* mapped_ = nullptr;
};

}  // namespace dyce
