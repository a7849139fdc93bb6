// What lives at a decision point while rows pass it, outside of the runner that computes them: plain numbers.
// CarriedValue describes, ValueRows borrows, CarriedRows owns memory. One thread at a time.
#pragma once

#include <dyce/tensor.h>

#include <cstddef>
#include <span>
#include <vector>

namespace dyce {

/// One of the values that the stages, or heads, after a point read. Today there is one at most points: the
/// feature map.
struct CarriedValue {
    Shape row;  ///< of one row: C x H x W of a map N x C x H x W

    std::size_t size() const { return static_cast<std::size_t>(row.elements()); }
};

/// Rows of one carried value, one after another, each row-major float32, whatever type the runner holds them
/// in: bfloat16 and scaled integers come back to the bit.
struct ValueRows {
    const CarriedValue* value;
    std::span<float> numbers;  ///< rows x value->size()
};

/// Memory for rows of all values of a point.
class CarriedRows {
public:
    /// Room for `rows` rows of each of `values`, which outlive it; allocates only where it never held so
    /// many numbers before.
    std::span<const ValueRows> resize(std::span<const CarriedValue> values, std::size_t rows);
    std::span<const ValueRows> all() const { return all_; }
    /// One row of each value; valid until the next call.
    std::span<const ValueRows> row(std::size_t i);

private:
    std::vector<float> numbers_;
    std::vector<ValueRows> all_, row_;
};

}  // namespace dyce
