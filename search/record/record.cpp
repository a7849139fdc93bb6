#include "search/record/record.h"

namespace dyce {

ClassIndices::ClassIndices(std::size_t count, std::int64_t classes) {
    if (are_wide(classes))
        wide_.resize(count);
    else
        narrow_.resize(count);
}

void ClassIndices::set(std::size_t i, int value) {
    if (wide_.empty())
        narrow_[i] = static_cast<std::int16_t>(value);
    else
        wide_[i] = value;
}

ClassIndices ClassIndices::rows(std::size_t first, std::size_t step, std::size_t depth) const {
    ClassIndices taken;
    taken.narrow_ = take_rows(narrow_, first, step, depth);
    taken.wide_ = take_rows(wide_, first, step, depth);
    return taken;
}

std::span<const std::byte> ClassIndices::bytes() const {
    return wide_.empty() ? std::as_bytes(std::span(narrow_)) : std::as_bytes(std::span(wide_));
}

}  // namespace dyce
