// What every exit said about every image: the answers of one run over a data set, in columns. All search
// and simulation works on it. Plain values; shared read-only.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace dyce {

/// Of rows of `depth` values each, every `step`th from `first` on.
template <class T>
std::vector<T> take_rows(const std::vector<T>& from, std::size_t first, std::size_t step, std::size_t depth) {
    std::vector<T> taken;
    const std::size_t rows = from.size() / depth;
    if (first < rows) taken.reserve(((rows - first - 1) / step + 1) * depth);
    for (std::size_t row = first; row < rows; row += step)
        for (std::size_t k = 0; k < depth; ++k) taken.push_back(from[row * depth + k]);
    return taken;
}

/// Class indices, in 2 bytes each where every class fits, else in 4.
class ClassIndices {
public:
    ClassIndices() = default;
    /// `count` zeros, for indices below `classes`.
    ClassIndices(std::size_t count, std::int64_t classes);

    std::size_t size() const { return wide_.empty() ? narrow_.size() : wide_.size(); }
    int operator[](std::size_t i) const { return wide_.empty() ? narrow_[i] : wide_[i]; }
    void set(std::size_t i, int value);
    std::span<const std::byte> bytes() const;
    /// Of rows of `depth` indices each, every `step`th from `first` on.
    ClassIndices rows(std::size_t first, std::size_t step, std::size_t depth) const;

    /// Whether indices below `classes` take 4 bytes.
    static bool are_wide(std::int64_t classes) { return classes > INT16_MAX; }

private:
    std::vector<std::int16_t> narrow_;
    std::vector<std::int32_t> wide_;
};

/// Where an image may leave, in the order it meets them (docs/method.md, "Cascades").
struct RecordedSite {
    int member = 0;         ///< of a cascade
    int site = 0;           ///< within the member; -1 = its classifier
    std::string name;       ///< of the value read there
    std::int64_t macs = 0;  ///< multiply-adds of the member's backbone up to here, all gates open
    std::optional<std::int64_t> gate = {};  ///< multiply-adds of its gate; empty: none stands there
};

/// One exit head; a record has a column for each.
struct RecordHead {
    static constexpr int kFinal = -1;

    int position = 0;
    int type = kFinal;      ///< index in RecordMeta::types; kFinal for the last one
    std::int64_t macs = 0;  ///< of the head alone
};

/// What a record is of. Digests are empty where they are not known.
struct RecordMeta {
    std::string model_digest, preprocess_digest, plan_digest;
    std::string precision = "f32";
    std::int64_t classes = 0;
    std::string images_digest;     ///< of the whole list of images
    std::int64_t image_count = 0;  ///< of the whole list
    std::int64_t shard = 0;        ///< this record holds the images j with j mod shards == shard
    std::int64_t shards = 1;

    std::vector<RecordedSite> positions;  ///< the final exit last
    std::vector<std::string> types;       ///< distinct, in order of first appearance, without "final"
    std::vector<RecordHead> heads;        ///< rising positions, then types; the final exit last

    std::size_t final_position() const { return positions.size() - 1; }
    /// Whether images may skip stages, so that Record::paid tells what they paid.
    bool has_gates() const {
        return std::any_of(positions.begin(), positions.end(),
                           [](const RecordedSite& position) { return position.gate.has_value(); });
    }
    /// Of the last member's backbone, all gates open.
    std::int64_t base_macs() const { return positions.back().macs; }
    std::string type_name(const RecordHead& head) const {
        return head.type == RecordHead::kFinal ? "final" : types[static_cast<std::size_t>(head.type)];
    }
    /// Images that the shard holds.
    std::int64_t shard_images() const { return (image_count - shard + shards - 1) / shards; }
};

/// The score that every record holds.
constexpr const char* kMaxSoftmax = "max_softmax";
/// Stands for a score that is not a number: it is above no threshold.
constexpr float kNoScore = -1;
/// Of scores that are differences of probabilities.
constexpr float kScoreRounding = 1e-5f;

/// Whether a record may hold `score`: kNoScore, or 0..1 but for `rounding`.
inline bool is_recorded_score(float score, float rounding = kScoreRounding) {
    return score == kNoScore || (score >= -rounding && score <= 1 + rounding);
}

/// What one head said.
struct RecordColumn {
    ClassIndices predictions;                ///< images x topk, the most probable first
    std::vector<std::vector<float>> scores;  ///< by Record::scores; max_softmax is images x topk
};

struct Record {
    RecordMeta meta;
    std::size_t images = 0;
    std::size_t topk = 1;
    std::vector<std::string> scores = {kMaxSoftmax};  ///< kinds held; max_softmax comes first
    ClassIndices labels;
    std::vector<RecordColumn> columns;  ///< by RecordMeta::heads
    std::vector<std::string> names;     ///< of the images, as reports call them; empty = not known
    /// Positions x images, where the model has gates: multiply-adds of the image in the position's member until it
    /// arrives there, gates and feeds among them, exit heads not.
    std::vector<std::int64_t> paid;

    /// The row of a position.
    std::span<const std::int64_t> paid_at(std::size_t position) const {
        return std::span(paid).subspan(position * images, images);
    }
};

/// Of rows of `width` values, in each every `step`th from `first` on.
template <class T>
std::vector<T> take_columns(const std::vector<T>& from, std::size_t width, std::size_t first,
                            std::size_t step) {
    std::vector<T> taken;
    for (std::size_t row = 0; row < from.size(); row += width)
        for (std::size_t i = first; i < width; i += step) taken.push_back(from[row + i]);
    return taken;
}

}  // namespace dyce
