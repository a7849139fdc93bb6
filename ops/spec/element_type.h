// From a DataType to the C++ type of its elements, and from one element type to another. Stateless.
#pragma once

#include <dyce/tensor.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>

namespace dyce::ops {

/// f(T()) with T the type of the elements.
template <class Function>
void with_element_type(DataType dtype, Function f) {
    switch (dtype) {
        case DataType::kFloat32: return f(float());
        case DataType::kInt64: return f(std::int64_t());
        case DataType::kInt32: return f(std::int32_t());
        case DataType::kUint8: return f(std::uint8_t());
        case DataType::kBool: return f(bool());
    }
}

/// The value as a To. Fractions are cut off; integers wrap around; a real number beyond the integers becomes
/// the nearest of them, NaN 0; a bool tells whether the value is not 0.
template <class To, class From>
To convert_element(From value) {
    if constexpr (std::is_same_v<To, bool>) {
        return value != From(0);
    } else if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To>) {
        constexpr To kLow = std::numeric_limits<To>::lowest(), kHigh = std::numeric_limits<To>::max();
        if (std::isnan(value)) return 0;
        if (value <= static_cast<From>(kLow)) return kLow;
        if (value >= static_cast<From>(kHigh)) return kHigh;
        return static_cast<To>(value);
    } else {
        return static_cast<To>(value);
    }
}

}  // namespace dyce::ops
