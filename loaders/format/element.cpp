#include "loaders/format/element.h"

#include "runtime/core/bfloat16.h"

#include <dyce/error.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>

namespace dyce {
namespace {

static_assert(std::endian::native == std::endian::little, "files are little-endian, and so must be the CPU");

template <class From, class To>
To plain(From value) {
    return static_cast<To>(value);
}

// IEEE 754 binary16: 1 sign, 5 exponent (bias 15) and 10 fraction bits.
float from_half(std::uint16_t bits) {
    const int exponent = (bits >> 10) & 31;
    const int fraction = bits & 1023;
    float value = 0;
    if (exponent == 31)
        value = fraction == 0 ? INFINITY : NAN;
    else if (exponent == 0)
        value = std::ldexp(static_cast<float>(fraction), -24);
    else
        value = std::ldexp(static_cast<float>(fraction + 1024), exponent - 25);
    return (bits & 0x8000) != 0 ? -value : value;
}

template <class From, class To, To (*kConvert)(From) = plain<From, To>>
void widen(const std::byte* from, std::size_t count, void* to) {
    for (std::size_t i = 0; i < count; ++i) {
        From value;
        std::memcpy(&value, from + i * sizeof value, sizeof value);
        static_cast<To*>(to)[i] = kConvert(value);
    }
}

constexpr Element kElements[] = {
    {"F32", "f4", 4, DataType::kFloat32},
    {"I64", "i8", 8, DataType::kInt64},
    {"I32", "i4", 4, DataType::kInt32},
    {"U8", "u1", 1, DataType::kUint8},
    {"BOOL", "b1", 1, DataType::kBool},
    {"F64", "f8", 8, DataType::kFloat32, widen<double, float>},
    {"F16", "f2", 2, DataType::kFloat32, widen<std::uint16_t, float, from_half>},
    {"BF16", "", 2, DataType::kFloat32, widen<std::uint16_t, float, from_bfloat16>},
    {"I16", "i2", 2, DataType::kInt32, widen<std::int16_t, std::int32_t>},
    {"I8", "i1", 1, DataType::kInt32, widen<std::int8_t, std::int32_t>},
    {"U16", "u2", 2, DataType::kInt32, widen<std::uint16_t, std::int32_t>},
    {"U32", "u4", 4, DataType::kInt64, widen<std::uint32_t, std::int64_t>},
    {"U64", "u8", 8, std::nullopt},
    {"F8_E4M3", "", 1, std::nullopt},
    {"F8_E5M2", "", 1, std::nullopt},
};

template <class Predicate>
const Element* find_element(Predicate predicate) {
    const auto* found = std::find_if(std::begin(kElements), std::end(kElements), predicate);
    return found == std::end(kElements) ? nullptr : found;
}

void check_bools(std::span<const std::byte> bytes, const std::string& where) {
    for (std::byte value : bytes)
        if (value > std::byte{1})
            throw Error(
                ErrorCode::kContent, where,
                "a bool of value " + std::to_string(std::to_integer<int>(value)) + ", expected 0 or 1");
}

}  // namespace

const Element* find_safetensors_element(std::string_view name) {
    return find_element([&](const Element& element) { return element.safetensors == name; });
}

const Element* find_npy_element(std::string_view code) {
    if (code.empty()) return nullptr;
    return find_element([&](const Element& element) { return element.npy == code; });
}

const Element& element_of(DataType dtype) {
    return *find_element(
        [&](const Element& element) { return element.dtype == dtype && element.widen == nullptr; });
}

DataType tensor_dtype(const Element& element, const std::string& where) {
    if (element.dtype) return *element.dtype;
    throw Error(ErrorCode::kContent, where,
                "values of type " + std::string(element.safetensors) + " are not supported");
}

Tensor to_tensor(const Element& element, const Shape& shape, std::span<const std::byte> bytes,
                 const std::shared_ptr<const void>& owner, const std::string& where) {
    const DataType dtype = tensor_dtype(element, where);
    if (dtype == DataType::kBool) check_bools(bytes, where);
    const bool aligned = reinterpret_cast<std::uintptr_t>(bytes.data()) % element.size == 0;
    if (element.widen == nullptr && aligned && owner) return Tensor(dtype, shape, bytes.data(), owner);

    Tensor tensor(dtype, shape);
    if (element.widen != nullptr)
        element.widen(bytes.data(), bytes.size() / element.size, tensor.mutable_bytes());
    else if (!bytes.empty())
        std::memcpy(tensor.mutable_bytes(), bytes.data(), bytes.size());
    return tensor;
}

}  // namespace dyce
