// Copies of elements from one row-major tensor to another, of any type: every output position of an axis
// adds its own offset in the source. Transpose, Slice, Expand, Gather, ... are tables of such offsets.
// Values; stateless.
#pragma once

#include <dyce/tensor.h>

#include <cstdint>
#include <vector>

namespace dyce::ops {

/// For each axis of the output and each position on it, an offset in the source, in elements.
using OffsetTables = std::vector<std::vector<std::int64_t>>;

/// An offset for positions that lie outside the source.
inline constexpr std::int64_t kOutside = -1;

/// Elements from one position of an axis to the next, row-major.
std::int64_t stride_of(const Shape& shape, int axis);

/// count entries: (start + i * step) * stride.
std::vector<std::int64_t> offsets(std::int64_t count, std::int64_t stride, std::int64_t start = 0,
                                  std::int64_t step = 1);

/// out[i, j, ..] = in[tables[0][i] + tables[1][j] + ..], or `filler` where one of them is kOutside. No
/// position of `out` is without a table; `filler` points to one element and may be null when unused.
void copy_elements(const OffsetTables& tables, const TensorView& in, const MutableTensorView& out,
                   const void* filler = nullptr);

/// The same with the table of each axis made by table_of(axis), unless there is nothing to copy.
template <class TableOf>
void copy_elements_by(TableOf table_of, const TensorView& in, const MutableTensorView& out,
                      const void* filler = nullptr) {
    if (out.shape.elements() == 0) return;
    OffsetTables tables;
    for (int axis = 0; axis < out.shape.rank(); ++axis) tables.push_back(table_of(axis));
    copy_elements(tables, in, out, filler);
}

}  // namespace dyce::ops
