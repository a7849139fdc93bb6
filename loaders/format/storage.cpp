#include "loaders/format/storage.h"

#include "runtime/core/bfloat16.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace dyce {

bool is_weight(const Tensor& tensor) {
    return tensor.dtype() == DataType::kFloat32 && tensor.shape().rank() >= 2;
}

bool is_narrow(const Tensor& tensor) {
    constexpr std::uint32_t kLowerHalf = 0xffff;
    const float* values = tensor.data<float>();
    return tensor.dtype() == DataType::kFloat32 &&
           std::all_of(values, values + tensor.elements(),
                       [](float value) { return (std::bit_cast<std::uint32_t>(value) & kLowerHalf) == 0; });
}

bool has_same_bits(const Tensor& a, const Tensor& b) {
    if (a.type() != b.type()) return false;
    return a.bytes() == b.bytes() || std::memcmp(a.bytes(), b.bytes(), a.byte_size()) == 0;
}

void round_weights(Graph& graph) {
    for (Value& value : graph.values) {
        if (!value.constant || !is_weight(*value.constant)) continue;
        Tensor rounded(DataType::kFloat32, value.constant->shape());
        const float* from = value.constant->data<float>();
        float* to = rounded.mutable_data<float>();
        for (std::int64_t i = 0; i < rounded.elements(); ++i) to[i] = from_bfloat16(to_bfloat16(from[i]));
        *value.constant = std::move(rounded);
    }
}

std::vector<std::byte> narrowed(const Tensor& tensor) {
    std::vector<std::byte> bytes(static_cast<std::size_t>(tensor.elements()) * sizeof(std::uint16_t));
    for (std::int64_t i = 0; i < tensor.elements(); ++i) {
        const std::uint16_t bits = to_bfloat16(tensor.data<float>()[i]);
        std::memcpy(bytes.data() + static_cast<std::size_t>(i) * sizeof bits, &bits, sizeof bits);
    }
    return bytes;
}

}  // namespace dyce
