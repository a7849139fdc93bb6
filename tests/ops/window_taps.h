// The definition of the window that Conv and the pools slide over an image: where it stands and what each of
// its taps meets.
#pragma once

#include "models/window_case.h"
#include "tests/ops/support.h"

#include <array>

namespace dyce::test {

/// Spatial sizes with missing outer axes as 1, `values` filled up with `fill` likewise.
template <class Values>
std::array<std::int64_t, 3> three(const Values& values, std::int64_t fill) {
    std::array<std::int64_t, 3> result{fill, fill, fill};
    std::copy(values.begin(), values.end(), result.end() - (values.end() - values.begin()));
    return result;
}

/// Sizes of the output's three spatial axes, rounded down.
inline std::array<std::int64_t, 3> output_sizes(const WindowCase& row) {
    const auto in = three(std::vector<std::int64_t>(row.input.begin() + 2, row.input.end()), 1);
    const auto k = three(row.kernel, 1), s = three(row.strides, 1), dl = three(row.dilations, 1);
    const std::size_t rank = row.kernel.size();
    std::array<std::int64_t, 3> result{};
    for (std::size_t a = 0; a < 3; ++a) {
        const bool real = a + rank >= 3;
        const std::int64_t pad = real ? row.pads[a + rank - 3] + row.pads[a + 2 * rank - 3] : 0;
        result[a] = (in[a] + pad - (k[a] - 1) * dl[a] - 1) / s[a] + 1;
    }
    return result;
}

/// Calls visit(offset in the plane, or -1 on padding) for every tap of the window at output position `o`.
template <class Visit>
void visit_taps(const WindowCase& row, const std::array<std::int64_t, 3>& o, Visit visit) {
    const auto in = three(std::vector<std::int64_t>(row.input.begin() + 2, row.input.end()), 1);
    const auto k = three(row.kernel, 1), s = three(row.strides, 1), dl = three(row.dilations, 1);
    const auto p =
        three(std::vector<std::int64_t>(row.pads.begin(), row.pads.begin() + row.pads.size() / 2), 0);
    for (std::int64_t z = 0; z < k[0]; ++z)
        for (std::int64_t y = 0; y < k[1]; ++y)
            for (std::int64_t x = 0; x < k[2]; ++x) {
                const std::array at{o[0] * s[0] - p[0] + z * dl[0], o[1] * s[1] - p[1] + y * dl[1],
                                    o[2] * s[2] - p[2] + x * dl[2]};
                bool inside = true;
                for (std::size_t a = 0; a < 3; ++a) inside = inside && at[a] >= 0 && at[a] < in[a];
                visit(inside ? (at[0] * in[1] + at[1]) * in[2] + at[2] : -1);
            }
}

}  // namespace dyce::test
