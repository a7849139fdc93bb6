#include "ops/lowering/panels.h"

#include "ops/lowering/vector.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace dyce {
namespace {

constexpr std::int64_t kVectors = kPanel / kLanes;
static_assert(kVectors % 2 == 0);

DYCE_INLINE void load_pair(const float* from, Lanes& first, Lanes& second) {
    load(from, first);
    load(from + kLanes, second);
}

// bfloat16 is the upper half of a float32. The two vectors' values alternate, so that none has to move far.
DYCE_INLINE void load_pair(const std::uint16_t* from, Lanes& first, Lanes& second) {
    using Words = std::uint32_t __attribute__((vector_size(sizeof(Lanes))));
    Words words;
    std::memcpy(&words, from, sizeof words);
    const Words lower = words << 16, upper = words & 0xffff0000u;
    std::memcpy(&first, &lower, sizeof first);
    std::memcpy(&second, &upper, sizeof second);
}

// Where load_pair() expects the weight of a panel's column in its row.
std::int64_t place_of_column(float, std::int64_t column) { return column; }
std::int64_t place_of_column(std::uint16_t, std::int64_t column) {
    const std::int64_t pair = column / (2 * kLanes), within = column % (2 * kLanes);
    return pair * 2 * kLanes + within % kLanes * 2 + within / kLanes;
}

struct Block {
    std::int64_t inputs;
    bool relu;
    const float* bias;
    Rows<const float> in;
    Rows<float> out;
    std::int64_t columns;  // of the panel that exist
};

// One panel for kImages images; each sum runs over the inputs in their order.
template <int kImages, class Weight>
DYCE_INLINE void multiply(const Block& block, const Weight* row) {
    Lanes sums[kImages][kVectors];
    DYCE_UNROLL for (auto& sum : sums) {
        DYCE_UNROLL for (std::int64_t v = 0; v < kVectors; ++v) load(block.bias + v * kLanes, sum[v]);
    }
    for (std::int64_t i = 0; i < block.inputs; ++i, row += kPanel) {
        Lanes weights[kVectors];
        DYCE_UNROLL for (std::int64_t v = 0; v < kVectors; v += 2)
            load_pair(row + v * kLanes, weights[v], weights[v + 1]);
        DYCE_UNROLL for (int p = 0; p < kImages; ++p) {
            const float x = block.in.data[p * block.in.stride + i];
            DYCE_UNROLL for (std::int64_t v = 0; v < kVectors; ++v) sums[p][v] += x * weights[v];
        }
    }
    for (int p = 0; p < kImages; ++p) {
        float values[kPanel];
        std::memcpy(values, sums[p], sizeof values);
        if (block.relu)
            for (float& value : values) value = std::max(value, 0.f);
        std::copy_n(values, block.columns, block.out.data + p * block.out.stride);
    }
}

template <class Weight>
DYCE_INLINE void multiply_all(Block block, const Weight* panel, std::int64_t images) {
    std::int64_t left = images;
    for (; left >= 4; left -= 4) {
        multiply<4>(block, panel);
        block.in.data += 4 * block.in.stride;
        block.out.data += 4 * block.out.stride;
    }
    for (; left > 0; --left) {
        multiply<1>(block, panel);
        block.in.data += block.in.stride;
        block.out.data += block.out.stride;
    }
}

DYCE_VECTOR_CLONES void multiply_full(const Block& block, const float* panel, std::int64_t images) {
    multiply_all(block, panel, images);
}

DYCE_VECTOR_CLONES void multiply_half(const Block& block, const std::uint16_t* panel, std::int64_t images) {
    multiply_all(block, panel, images);
}

template <class Weight, class Convert>
void fill(const Panels& panels, const Tensor& weights, const std::function<std::int64_t(std::int64_t)>& place,
          Weight* to, Convert convert) {
    for (std::int64_t i = 0; i < panels.in; ++i) {
        const std::int64_t row = place(i);
        for (std::int64_t j = 0; j < panels.out; ++j)
            to[(j / kPanel * panels.in + row) * kPanel + place_of_column(Weight{}, j % kPanel)] =
                convert(weights.data<float>()[i * panels.out + j]);
    }
}

}  // namespace

Panels panels_of(const Tensor& weights) {
    const float* values = weights.data<float>();
    const bool half = std::all_of(values, values + weights.elements(), [](float value) {
        return (std::bit_cast<std::uint32_t>(value) & 0xffff) == 0;
    });
    return {weights.shape()[0], weights.shape()[1], half};
}

Tensor pack_panels(const Panels& panels, const Tensor& weights,
                   const std::function<std::int64_t(std::int64_t)>& place) {
    const std::int64_t size = panels.half ? sizeof(std::uint16_t) : sizeof(float);
    Tensor packed(DataType::kUint8, {panels.count() * panels.in * kPanel * size});
    auto* bytes = packed.mutable_data<std::uint8_t>();
    std::memset(bytes, 0, static_cast<std::size_t>(packed.elements()));
    if (panels.half)
        fill(panels, weights, place, reinterpret_cast<std::uint16_t*>(bytes), [](float value) {
            return static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(value) >> 16);
        });
    else
        fill(panels, weights, place, reinterpret_cast<float*>(bytes), [](float value) { return value; });
    return packed;
}

Tensor pack_bias(const Panels& panels, const Tensor& bias) {
    Tensor packed(DataType::kFloat32, {panels.count() * kPanel});
    std::fill_n(packed.mutable_data<float>(), packed.elements(), 0.f);
    std::copy_n(bias.data<float>(), panels.out, packed.mutable_data<float>());
    return packed;
}

void multiply_panels(const Panels& panels, const void* weights, const float* bias, bool relu,
                     Rows<const float> in, Rows<float> out, std::int64_t images, std::int64_t first,
                     std::int64_t last) {
    for (std::int64_t panel = first; panel < last; ++panel) {
        const std::int64_t column = panel * kPanel, at = column * panels.in;
        const Block block{panels.in,
                          relu,
                          bias + column,
                          in,
                          {out.data + column, out.stride},
                          std::min(kPanel, panels.out - column)};
        if (panels.half)
            multiply_half(block, static_cast<const std::uint16_t*>(weights) + at, images);
        else
            multiply_full(block, static_cast<const float*>(weights) + at, images);
    }
}

}  // namespace dyce
