#include "runtime/flow/carried_values.h"

namespace dyce {

std::span<const ValueRows> CarriedRows::resize(std::span<const CarriedValue> values, std::size_t rows) {
    std::size_t total = 0;
    for (const CarriedValue& value : values) total += rows * value.size();
    if (numbers_.size() < total) numbers_.resize(total);
    all_.clear();
    float* next = numbers_.data();
    for (const CarriedValue& value : values) {
        all_.push_back({&value, {next, rows * value.size()}});
        next += rows * value.size();
    }
    return all_;
}

std::span<const ValueRows> CarriedRows::row(std::size_t i) {
    row_.clear();
    for (const ValueRows& rows : all_) {
        const std::size_t size = rows.value->size();
        row_.push_back({rows.value, rows.numbers.subspan(i * size, size)});
    }
    return row_;
}

}  // namespace dyce
