// From a DataType to the C++ type of its elements. Stateless.
#pragma once

#include <dyce/tensor.h>

#include <cstdint>

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

}  // namespace dyce::ops
