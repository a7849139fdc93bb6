#include "search/train/network/image_store.h"

#include "runtime/core/parallel.h"

#include <dyce/error.h>

#include <algorithm>
#include <cmath>
#include <cstring>

namespace dyce {
namespace {

constexpr std::size_t kMaxBytes = std::size_t{16} << 30;
constexpr std::int64_t kPiece = 64;  // images a thread takes at a time

// A resize ends in bytes, so that the recipe's numbers are bytes but for the normalisation.
std::uint8_t byte_of(float value, float mean, float std, float divisor) {
    return static_cast<std::uint8_t>(std::clamp(std::lround((value * std + mean) * divisor), 0L, 255L));
}

}  // namespace

ImageStore::ImageStore(const Dataset& images, const Preprocess& recipe, int threads)
    : recipe_(recipe), numbers_(recipe.numbers()) {
    for (std::size_t c = 0; c < 3; ++c)
        for (std::size_t b = 0; b < 256; ++b)
            normalised_[c][b] = (static_cast<float>(b) / recipe.divisor() - recipe.mean[c]) / recipe.std[c];
    const auto count = static_cast<std::size_t>(images.size());
    if (count > kMaxBytes / numbers_)
        throw Error(ErrorCode::kResource, "--data",
                    std::to_string(count) + " images of " + std::to_string(numbers_) +
                        " bytes, the limit is " + std::to_string(kMaxBytes) + " bytes");
    bytes_.resize(count * numbers_);
    std::vector<char> is_there(count);
    const std::size_t plane = numbers_ / static_cast<std::size_t>(recipe.channels);
    parallel_for((count + kPiece - 1) / kPiece, threads, [&](std::size_t piece, std::size_t) {
        std::vector<float> values(numbers_);
        for (std::size_t i = piece * kPiece; i < std::min(count, (piece + 1) * kPiece); ++i) {
            try {
                apply(recipe, images.image(static_cast<std::int64_t>(i)), values.data());
            } catch (const Error&) {
                continue;
            }
            for (std::size_t at = 0; at < numbers_; ++at)
                bytes_[i * numbers_ + at] =
                    byte_of(values[at], recipe.mean[at / plane], recipe.std[at / plane], recipe.divisor());
            is_there[i] = 1;
        }
    });
    for (std::size_t i = 0; i < count; ++i) {
        if (is_there[i] == 0) continue;
        std::memmove(bytes_.data() + labels_.size() * numbers_, bytes_.data() + i * numbers_, numbers_);
        labels_.push_back(images.label(static_cast<std::int64_t>(i)));
    }
    missing_ = images.size() - size();
}

void ImageStore::read(std::int64_t i, float* to) const {
    const std::uint8_t* from = bytes_.data() + static_cast<std::size_t>(i) * numbers_;
    const auto channels = static_cast<std::size_t>(recipe_.channels);
    for (std::size_t c = 0; c < channels; ++c)
        for (std::size_t left = numbers_ / channels; left > 0; --left) *to++ = normalised_[c][*from++];
}

}  // namespace dyce
