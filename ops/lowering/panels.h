// A layer's weights packed for multiplying a few images at a time: panels of kPanel columns, a panel's rows
// one after another, so that weights are read once, in order. Weights that bfloat16 holds exactly take half
// the memory: at a batch of one a layer takes as long as reading its weights does. Pure functions.
#pragma once

#include <dyce/tensor.h>

#include <cstdint>
#include <functional>

namespace dyce {

constexpr std::int64_t kPanel = 64;

struct Panels {
    std::int64_t in = 0, out = 0;
    bool half = false;  ///< whether weights are kept as bfloat16

    std::int64_t count() const { return (out + kPanel - 1) / kPanel; }
};

/// How `weights` (in, out) will be packed.
Panels panels_of(const Tensor& weights);

/// Row i of `weights` becomes row `place(i)` of each panel; columns beyond the last are zero.
Tensor pack_panels(const Panels& panels, const Tensor& weights,
                   const std::function<std::int64_t(std::int64_t)>& place);

/// `bias` (out), as long as the panels are wide together.
Tensor pack_bias(const Panels& panels, const Tensor& bias);

/// Values of several images, each `stride` behind the one before.
template <class T>
struct Rows {
    T* data;
    std::int64_t stride;
};

/// Panels first .. last - 1 of out = [relu](in * weights + bias) for `images`. An image's result does not
/// depend on how many others there are.
void multiply_panels(const Panels& panels, const void* weights, const float* bias, bool relu,
                     Rows<const float> in, Rows<float> out, std::int64_t images, std::int64_t first,
                     std::int64_t last);

}  // namespace dyce
