#include "ops/lowering/panels.h"

#include "tests/ops/compiled.h"

#include <bit>

using namespace dyce;
using namespace dyce::test;

namespace {

// What bfloat16 keeps.
Tensor rounded(Tensor tensor) {
    float* values = tensor.mutable_data<float>();
    for (std::int64_t i = 0; i < tensor.elements(); ++i)
        values[i] = std::bit_cast<float>(std::bit_cast<std::uint32_t>(values[i]) & 0xffff0000u);
    return tensor;
}

std::vector<float> multiplied(const Tensor& in, const Tensor& weights, const Tensor& bias, bool relu,
                              std::int64_t first, std::int64_t images) {
    const Panels panels = panels_of(weights);
    // Rows the other way round, and the inputs with them.
    const auto place = [&](std::int64_t i) { return panels.in - 1 - i; };
    const Tensor packed = pack_panels(panels, weights, place), packed_bias = pack_bias(panels, bias);
    std::vector<float> turned;
    for (std::int64_t n = first; n < first + images; ++n)
        for (std::int64_t i = 0; i < panels.in; ++i)
            turned.push_back(in.data<float>()[n * panels.in + place(i)]);
    std::vector<float> out(static_cast<std::size_t>(images * panels.out));
    multiply_panels(panels, packed.bytes(), packed_bias.data<float>(), relu, {turned.data(), panels.in},
                    {out.data(), panels.out}, images, 0, panels.count());
    return out;
}

}  // namespace

TEST_CASE("panels multiply as plain loops do, an image as it would alone") {
    for (const std::int64_t in : {1, 17, 300})
        for (const std::int64_t out : {1, 10, 32, 33, 70})
            for (const bool half : {false, true}) {
                CAPTURE(in);
                CAPTURE(out);
                CAPTURE(half);
                constexpr std::int64_t kImages = 7;
                const Tensor weights =
                    half ? rounded(random_tensor({in, out}, 1)) : random_tensor({in, out}, 1);
                const Tensor bias = random_tensor({out}, 2), x = random_tensor({kImages, in}, 3);
                CHECK(panels_of(weights).half == half);
                const auto all = multiplied(x, weights, bias, half, 0, kImages);
                for (std::int64_t n = 0; n < kImages; ++n) {
                    const auto alone = multiplied(x, weights, bias, half, n, 1);
                    for (std::int64_t j = 0; j < out; ++j) {
                        double sum = static_cast<double>(bias.data<float>()[j]);
                        for (std::int64_t i = 0; i < in; ++i)
                            sum += static_cast<double>(x.data<float>()[n * in + i]) *
                                   static_cast<double>(weights.data<float>()[i * out + j]);
                        if (half) sum = std::max(sum, 0.0);
                        const float value = all[static_cast<std::size_t>(n * out + j)];
                        CHECK(std::abs(static_cast<double>(value) - sum) < 1e-4);
                        CHECK(value == alone[static_cast<std::size_t>(j)]);
                    }
                }
            }
}
