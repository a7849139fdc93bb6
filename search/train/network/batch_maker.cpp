#include "search/train/network/batch_maker.h"

#include "runtime/core/threads.h"
#include "search/train/augment.h"
#include "search/train/train_heads.h"

#include <algorithm>

namespace dyce {
namespace {

// Purposes of the random numbers.
constexpr std::uint64_t kOrder = 3, kAugmentation = 1, kCutout = 5, kMixup = 6;

}  // namespace

BatchMaker::BatchMaker(const ImageStore& store, std::vector<std::int64_t> images, std::int64_t batch,
                       const AugmentOptions& options, std::uint64_t seed)
    : store_(store),
      images_(std::move(images)),
      batch_(batch),
      options_(options),
      seed_(seed),
      scratch_(2 * static_cast<std::size_t>(batch) * store.numbers()) {}

void BatchMaker::make(std::int64_t epoch, std::int64_t index, std::span<float> numbers,
                      std::span<Target> targets) {
    const auto count = static_cast<std::int64_t>(images_.size());
    if (epoch != epoch_) {
        order_ = shuffled(count, seed_, kOrder, static_cast<std::uint64_t>(epoch));
        epoch_ = epoch;
    }
    const std::size_t size = store_.numbers();
    const std::int64_t first = index * batch_;
    parallel_ranges(batch_, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t row = begin; row < end; ++row) {
            float* const to = numbers.data() + static_cast<std::size_t>(row) * size;
            float* const scratch = scratch_.data() + 2 * static_cast<std::size_t>(row) * size;
            const std::int64_t place = first + row, partner = first + (row + 1) % batch_;
            const auto label = [&](std::int64_t at) {
                return store_.label(images_[static_cast<std::size_t>(order_[static_cast<std::size_t>(at)])]);
            };
            prepare(epoch, place, to, scratch);
            Target& target = targets[static_cast<std::size_t>(row)];
            target = {label(place), label(partner), 1};
            if (options_.mixup == 0) continue;
            prepare(epoch, partner, scratch + size, scratch);
            target.share = static_cast<float>(mixing_share(
                options_.mixup, Random(seed_, kMixup, static_cast<std::uint64_t>(epoch * count + place))));
            for (std::size_t i = 0; i < size; ++i)
                to[i] = target.share * to[i] + (1 - target.share) * scratch[size + i];
        }
    });
}

void BatchMaker::prepare(std::int64_t epoch, std::int64_t place, float* to, float* scratch) const {
    const std::int64_t image = images_[static_cast<std::size_t>(order_[static_cast<std::size_t>(place)])];
    const auto random = [&](std::uint64_t purpose) {
        return Random(seed_, purpose,
                      static_cast<std::uint64_t>(epoch * static_cast<std::int64_t>(images_.size()) + place));
    };
    store_.read(image, options_.shift ? scratch : to);
    if (options_.shift)
        (options_.reflect ? augment_reflected : augment)(store_.recipe(), random(kAugmentation), scratch, to);
    if (options_.cutout > 0) cut_out(store_.recipe(), options_.cutout, random(kCutout), to);
}

}  // namespace dyce
