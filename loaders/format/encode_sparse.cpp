#include "loaders/format/encode_sparse.h"

#include "loaders/format/sparse_places.h"

#include <bit>
#include <cmath>
#include <cstdint>

namespace dyce {
namespace {

constexpr float kMostInteger = 127;

// A negative zero is a number like others: it has to come back.
bool is_zero(float value) { return std::bit_cast<std::uint32_t>(value) == 0; }

bool is_same(float a, float b) { return std::bit_cast<std::uint32_t>(a) == std::bit_cast<std::uint32_t>(b); }

}  // namespace

std::optional<SparseForm> sparse_form(const Tensor& tensor, const Tensor& scale) {
    if (tensor.dtype() != DataType::kFloat32 || tensor.shape().rank() == 0 || tensor.elements() == 0)
        return std::nullopt;
    if (scale.elements() != 0 && scale.elements() != tensor.shape()[0]) return std::nullopt;
    const float* const from = tensor.data<float>();
    const auto count = static_cast<std::size_t>(tensor.elements());
    const std::size_t row = count / static_cast<std::size_t>(tensor.shape()[0]);
    const auto is_set = [&](std::size_t i) { return !is_zero(from[i]); };
    SparseForm form;
    for (std::size_t i = 0; i < count; ++i) {
        if (!is_set(i)) continue;
        if (scale.elements() == 0) {
            form.values.push_back(from[i]);
            continue;
        }
        const float factor = scale.data<float>()[i / row];
        const float integer = std::nearbyint(from[i] / factor);
        if (!(std::abs(integer) <= kMostInteger) || !is_same(integer * factor, from[i])) return std::nullopt;
        form.integers.push_back(static_cast<std::byte>(static_cast<std::int8_t>(integer)));
    }
    form.places = mask_of(count, is_set);
    std::vector<std::byte> gaps = gaps_of(count, is_set);
    form.is_gaps = gaps.size() < form.places.size();
    if (form.is_gaps) form.places = std::move(gaps);
    return form;
}

}  // namespace dyce
