// One row of the tables for Conv and the pools: the input's shape and the window's attributes, from a
// descriptor such as "n2c16h9w9_oc32k3s2p1g4". Words: n c d h w (a missing d or h lowers the rank), oc g,
// k kw (kernel; kw for the last axis alone), s sw, dl (dilation), p (all pads), pe (pads at the end).
#pragma once

#include "tests/ops/descriptor.h"
#include "tests/ops/support.h"

#include <array>

namespace dyce::test {

struct WindowCase {
    Shape input;
    std::vector<std::int64_t> kernel, strides, dilations, pads;
    std::int64_t outputs, group;

    explicit WindowCase(const std::string& text) {
        const Descriptor row(text);
        input = {row.get("n", 1), row.get("c", 1)};
        for (const char* axis : {"d", "h", "w"})
            if (row.has(axis)) input.push_back(row.get(axis, 0));
        const auto rank = static_cast<std::size_t>(input.rank() - 2);
        const auto per_axis = [&](const std::string& word, std::int64_t fallback) {
            std::vector<std::int64_t> values(rank, row.get(word, fallback));
            values.back() = row.get(word + "w", values.back());
            return values;
        };
        kernel = per_axis("k", 1);
        strides = per_axis("s", 1);
        dilations = per_axis("dl", 1);
        pads = std::vector<std::int64_t>(2 * rank, row.get("p", 0));
        std::fill(pads.begin() + static_cast<std::ptrdiff_t>(rank), pads.end(), row.get("pe", pads[0]));
        group = row.get("g", 1);
        outputs = row.get("oc", input[1]);
    }

    Attributes attributes() const {
        return {{"kernel_shape", kernel}, {"strides", strides}, {"dilations", dilations}, {"pads", pads}};
    }

    /// Spatial sizes with missing outer axes as 1, `values` filled up with `fill` likewise.
    template <class Values>
    static std::array<std::int64_t, 3> three(const Values& values, std::int64_t fill) {
        std::array<std::int64_t, 3> result{fill, fill, fill};
        std::copy(values.begin(), values.end(), result.end() - (values.end() - values.begin()));
        return result;
    }

    /// Sizes of the output's three spatial axes, rounded down.
    std::array<std::int64_t, 3> output_sizes() const {
        const auto in = three(std::vector<std::int64_t>(input.begin() + 2, input.end()), 1);
        const auto k = three(kernel, 1), s = three(strides, 1), dl = three(dilations, 1);
        const std::size_t rank = kernel.size();
        std::array<std::int64_t, 3> result{};
        for (std::size_t a = 0; a < 3; ++a) {
            const bool real = a + rank >= 3;
            const std::int64_t pad = real ? pads[a + rank - 3] + pads[a + 2 * rank - 3] : 0;
            result[a] = (in[a] + pad - (k[a] - 1) * dl[a] - 1) / s[a] + 1;
        }
        return result;
    }

    /// Calls visit(offset in the plane, or -1 on padding) for every tap of the window at output position `o`.
    template <class Visit>
    void taps(const std::array<std::int64_t, 3>& o, Visit visit) const {
        const auto in = three(std::vector<std::int64_t>(input.begin() + 2, input.end()), 1);
        const auto k = three(kernel, 1), s = three(strides, 1), dl = three(dilations, 1);
        const auto p = three(std::vector<std::int64_t>(pads.begin(), pads.begin() + pads.size() / 2), 0);
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
};

}  // namespace dyce::test
