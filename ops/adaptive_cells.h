// The cells of adaptive pooling along one axis (docs/method.md, "Exit heads"). Stateless.
#pragma once

#include <cstdint>

namespace dyce::ops {

/// Positions begin .. end - 1 of the input.
struct Cell {
    std::int64_t begin, end;
    std::int64_t size() const { return end - begin; }
};

/// Cell `i` of `cells` over `size` positions: floor(i * size / cells) .. ceil((i + 1) * size / cells).
inline Cell adaptive_cell(std::int64_t i, std::int64_t cells, std::int64_t size) {
    return {i * size / cells, ((i + 1) * size + cells - 1) / cells};
}

}  // namespace dyce::ops
