// The window that Conv and the pools slide over an image: kernel, strides, dilations and padding, resolved
// for one input. ONNX Conv-22, MaxPool-22, AveragePool-22. Values; stateless.
#pragma once

#include "ops/spec/op.h"
#include "runtime/core/onednn/compat.h"

#include <array>

namespace dyce::ops {

/// One spatial axis. All parameters are at most kMaxWindow, so that no kernel's 32-bit arithmetic overflows.
struct WindowAxis {
    std::int64_t input = 1;
    std::int64_t output = 1;
    std::int64_t kernel = 1;
    std::int64_t stride = 1;
    std::int64_t dilation = 1;
    std::int64_t pad_begin = 0;
    std::int64_t pad_end = 0;  ///< as declared; with ceil_mode the last window may reach beyond it

    /// Input positions from a window's first tap to its last, both included.
    std::int64_t extent() const { return (kernel - 1) * dilation + 1; }
    /// Input position of a tap; outside [0, input) it falls on padding.
    std::int64_t position(std::int64_t out, std::int64_t tap) const {
        return out * stride + tap * dilation - pad_begin;
    }
    /// Output positions [first, last) whose `tap` falls on the input.
    std::pair<std::int64_t, std::int64_t> outputs_on_input(std::int64_t tap) const;
    /// How many taps of the window at `out` fall on input positions [low, high).
    std::int64_t taps_within(std::int64_t out, std::int64_t low, std::int64_t high) const;
    /// Input position behind the last window.
    std::int64_t reach() const { return position(output - 1, kernel - 1) + 1; }
};

inline constexpr std::int64_t kMaxWindow = 32768;

/// Spatial axes, outermost first.
using Window = std::vector<WindowAxis>;

/// Reads strides, dilations, pads, auto_pad and ceil_mode for an input (N, C, 1 to 3 spatial axes).
/// Throws Error{kContent} when they do not fit it or leave no output.
Window resolve_window(const OpCall& call, const Shape& input, std::span<const std::int64_t> kernel);

/// (N, channels, the window's outputs).
Shape output_shape(std::int64_t batch, std::int64_t channels, const Window& window);

onednn::Window onednn_window(const Window& window);

/// For each tap of the kernel, the runs of outputs along the last axis whose tap falls on the input:
/// visit(tap, source, destination, count), where `source` is the offset of the first element in the input
/// plane (the next ones follow in steps of the last axis' stride) and `destination` that in the output plane.
template <class Visit>
void visit_taps(const Window& window, Visit visit) {
    std::array<WindowAxis, 3> axes;  // missing outer axes have size 1
    std::copy(window.rbegin(), window.rend(), axes.rbegin());
    const auto& [z, y, x] = axes;
    for (std::int64_t kz = 0; kz < z.kernel; ++kz) {
        const auto [z_first, z_last] = z.outputs_on_input(kz);
        for (std::int64_t ky = 0; z_first < z_last && ky < y.kernel; ++ky) {
            const auto [y_first, y_last] = y.outputs_on_input(ky);
            for (std::int64_t kx = 0; y_first < y_last && kx < x.kernel; ++kx) {
                const auto [x_first, x_last] = x.outputs_on_input(kx);
                if (x_first >= x_last) continue;
                const std::int64_t tap = (kz * y.kernel + ky) * x.kernel + kx;
                for (std::int64_t oz = z_first; oz < z_last; ++oz)
                    for (std::int64_t oy = y_first; oy < y_last; ++oy) {
                        const std::int64_t row = z.position(oz, kz) * y.input + y.position(oy, ky);
                        visit(tap, row * x.input + x.position(x_first, kx),
                              (oz * y.output + oy) * x.output + x_first, x_last - x_first);
                    }
            }
        }
    }
}

}  // namespace dyce::ops
