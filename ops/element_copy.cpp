#include "ops/element_copy.h"

#include <algorithm>
#include <array>

namespace dyce::ops {
namespace {

template <class Element>
class Copy {
public:
    Copy(const OffsetTables& tables, const void* source, void* out, const void* filler)
        : tables_(tables),
          source_(static_cast<const Element*>(source)),
          out_(static_cast<Element*>(out)),
          filler_(static_cast<const Element*>(filler)) {
        elements_[tables.size()] = 1;
        for (std::size_t axis = tables.size(); axis > 0; --axis)
            elements_[axis - 1] = elements_[axis] * tables[axis - 1].size();
    }

    void run(std::size_t axis, std::int64_t base) {
        if (base == kOutside) {
            out_ = std::fill_n(out_, elements_[axis], *filler_);
        } else if (axis == tables_.size()) {
            *out_++ = source_[base];
        } else if (axis + 1 == tables_.size()) {
            for (const std::int64_t offset : tables_[axis])
                *out_++ = offset == kOutside ? *filler_ : source_[base + offset];
        } else {
            for (const std::int64_t offset : tables_[axis])
                run(axis + 1, offset == kOutside ? kOutside : base + offset);
        }
    }

private:
    const OffsetTables& tables_;
    std::array<std::size_t, Shape::kMaxRank + 1> elements_{};  // of the output, from each axis on
    const Element* source_;
    Element* out_;
    const Element* filler_;
};

}  // namespace

std::int64_t stride_of(const Shape& shape, int axis) {
    return Shape(shape.begin() + axis + 1, shape.end()).elements();
}

std::vector<std::int64_t> offsets(std::int64_t count, std::int64_t stride, std::int64_t start,
                                  std::int64_t step) {
    std::vector<std::int64_t> table(static_cast<std::size_t>(count));
    for (std::int64_t i = 0; i < count; ++i) table[static_cast<std::size_t>(i)] = (start + i * step) * stride;
    return table;
}

void copy_elements(const OffsetTables& tables, const TensorView& in, const MutableTensorView& out,
                   const void* filler) {
    switch (size_of(in.dtype)) {
        case 1: return Copy<std::uint8_t>(tables, in.bytes, out.bytes, filler).run(0, 0);
        case 4: return Copy<std::uint32_t>(tables, in.bytes, out.bytes, filler).run(0, 0);
        default: return Copy<std::uint64_t>(tables, in.bytes, out.bytes, filler).run(0, 0);
    }
}

}  // namespace dyce::ops
