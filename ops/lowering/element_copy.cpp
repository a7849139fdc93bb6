#include "ops/lowering/element_copy.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace dyce::ops {
namespace {

// One copy on its way: the plan's tables, and the pointers it walks.
template <class Element>
struct Cursor {
    const ElementCopy& plan;
    const Element* source;
    Element* out;
    Element filler;

    void run(std::size_t axis, std::int64_t base) {
        if (base == kOutside) {
            out = std::fill_n(out, plan.elements(axis), filler);
        } else if (axis == plan.tables().size()) {
            *out++ = source[base];
        } else if (axis + 1 < plan.tables().size()) {
            for (const std::int64_t offset : plan.tables()[axis])
                run(axis + 1, offset == kOutside ? kOutside : base + offset);
        } else if (plan.runs().empty()) {
            for (const std::int64_t offset : plan.tables()[axis])
                *out++ = offset == kOutside ? filler : source[base + offset];
        } else {
            for (const auto& run : plan.runs())
                out = run.offset == kOutside ? std::fill_n(out, run.count, filler)
                                             : std::copy_n(source + base + run.offset, run.count, out);
        }
    }
};

template <class Element>
void copy_as(const ElementCopy& plan, const void* source, void* out, const void* filler) {
    Element value{};
    if (filler != nullptr) std::memcpy(&value, filler, sizeof value);  // its bytes need not be aligned
    Cursor<Element>{plan, static_cast<const Element*>(source), static_cast<Element*>(out), value}.run(0, 0);
}

}  // namespace

ElementCopy::ElementCopy(OffsetTables tables) : tables_(std::move(tables)) {
    elements_[tables_.size()] = 1;
    for (std::size_t axis = tables_.size(); axis > 0; --axis)
        elements_[axis - 1] = elements_[axis] * tables_[axis - 1].size();
    if (!tables_.empty()) find_runs(tables_.back());
}

void ElementCopy::find_runs(const std::vector<std::int64_t>& table) {
    constexpr std::size_t kPays = 8;  // elements a run, on average
    for (const std::int64_t offset : table) {
        const bool goes_on = !runs_.empty() && (runs_.back().offset == kOutside
                                                    ? offset == kOutside
                                                    : offset == runs_.back().offset + runs_.back().count);
        if (goes_on)
            ++runs_.back().count;
        else
            runs_.push_back({offset, 1});
    }
    if (runs_.size() * kPays > table.size()) runs_.clear();
}

void ElementCopy::run(DataType type, const void* in, void* out, const void* filler) const {
    switch (size_of(type)) {
        case 1: return copy_as<std::uint8_t>(*this, in, out, filler);
        case 4: return copy_as<std::uint32_t>(*this, in, out, filler);
        default: return copy_as<std::uint64_t>(*this, in, out, filler);
    }
}

std::int64_t stride_of(const Shape& shape, int axis) {
    return Shape(shape.begin() + axis + 1, shape.end()).elements();
}

OffsetTables offset_tables(PositionTables positions, const Shape& source) {
    for (int axis = 0; axis < source.rank(); ++axis)
        for (std::int64_t& at : positions[static_cast<std::size_t>(axis)])
            if (at != kOutside) at *= stride_of(source, axis);
    return positions;
}

std::vector<std::int64_t> offsets(std::int64_t count, std::int64_t stride, std::int64_t start,
                                  std::int64_t step) {
    std::vector<std::int64_t> table(static_cast<std::size_t>(count));
    for (std::int64_t i = 0; i < count; ++i) table[static_cast<std::size_t>(i)] = (start + i * step) * stride;
    return table;
}

void copy_elements(OffsetTables tables, const TensorView& in, const MutableTensorView& out,
                   const void* filler) {
    ElementCopy(std::move(tables)).run(in.dtype, in.bytes, out.bytes, filler);
}

}  // namespace dyce::ops
