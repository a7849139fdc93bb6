// What each image of a record pays under a configuration, in multiply-adds (docs/method.md, "Inference rule"): where
// gates let images skip stages, not the same for all that leave at a position. Borrows the record; thread-safe.
#pragma once

#include "search/record/record.h"
#include "search/simulate/choices.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace dyce {

class ImageMacs {
public:
    ImageMacs(const Record& record, const Choices& choices);

    /// Of an image that leaves at `position`.
    std::int64_t at(std::size_t position, std::size_t image) const {
        std::int64_t macs = same_for_all_[position];
        for (const std::size_t passed : own_[position]) macs += record_.paid[passed * record_.images + image];
        return macs;
    }

private:
    const Record& record_;
    std::vector<std::int64_t> same_for_all_;  // by position
    // By position, of a model with gates: those whose Record::paid add up, the classifiers of whole members and itself.
    std::vector<std::vector<std::size_t>> own_;
};

}  // namespace dyce
