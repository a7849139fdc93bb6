// Copies of elements from one row-major tensor to another, of any type: every output position of an axis
// adds its own offset in the source. Transpose, Slice, Expand, Gather, ... are tables of such offsets.
// Values; stateless.
#pragma once

#include "runtime/core/tensor_view.h"

#include <array>
#include <cstdint>
#include <utility>
#include <vector>

namespace dyce::ops {

/// For each axis of the output and each position on it, an offset in the source, in elements.
using OffsetTables = std::vector<std::vector<std::int64_t>>;

/// An offset for positions that lie outside the source.
inline constexpr std::int64_t kOutside = -1;

/// Elements from one position of an axis to the next, row-major.
std::int64_t stride_of(const Shape& shape, int axis);

/// For each axis of the output and each position on it, the position on the same axis of the source, or
/// kOutside.
using PositionTables = std::vector<std::vector<std::int64_t>>;

/// The offsets of these positions in a row-major source.
OffsetTables offset_tables(PositionTables positions, const Shape& source);

/// count entries: (start + i * step) * stride.
std::vector<std::int64_t> offsets(std::int64_t count, std::int64_t stride, std::int64_t start = 0,
                                  std::int64_t step = 1);

/// A copy whose tables are made once and which may then run any number of times, from any thread:
/// out[i, j, ..] = in[tables[0][i] + tables[1][j] + ..], or `filler` where one of them is kOutside.
class ElementCopy {
public:
    explicit ElementCopy(OffsetTables tables);

    /// No position of the output is without a table; `filler` points to one element and may be null when
    /// unused.
    void run(DataType type, const void* in, void* out, const void* filler = nullptr) const;

    /// Neighbours in the source, or outside of it, that are neighbours in the output.
    struct Run {
        std::int64_t offset;  ///< of the first; kOutside for all of them
        std::int64_t count;
    };

    const OffsetTables& tables() const { return tables_; }
    /// The positions of the last axis as runs; none when they would be too short to pay.
    const std::vector<Run>& runs() const { return runs_; }
    /// Elements of the output from `axis` on.
    std::size_t elements(std::size_t axis) const { return elements_[axis]; }

private:
    void find_runs(const std::vector<std::int64_t>& table);

    OffsetTables tables_;
    std::vector<Run> runs_;
    std::array<std::size_t, Shape::kMaxRank + 1> elements_{};
};

/// One such copy.
void copy_elements(OffsetTables tables, const TensorView& in, const MutableTensorView& out,
                   const void* filler = nullptr);

/// The same with the table of each axis made by table_of(axis), unless there is nothing to copy.
template <class TableOf>
void copy_elements_by(TableOf table_of, const TensorView& in, const MutableTensorView& out,
                      const void* filler = nullptr) {
    if (out.shape.elements() == 0) return;
    OffsetTables tables;
    for (int axis = 0; axis < out.shape.rank(); ++axis) tables.push_back(table_of(axis));
    copy_elements(std::move(tables), in, out, filler);
}

}  // namespace dyce::ops
