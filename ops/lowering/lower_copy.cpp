#include "ops/lowering/lower_copy.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace dyce::ops {
namespace {

// Whether the input's numbers are held as integers, and the filler is a number that they have: zero.
bool copies_integers(Lowering& lowering, const std::array<std::byte, 8>& filler) {
    return is_int8(lowering.native_input(0).desc) &&
           std::all_of(filler.begin(), filler.end(), [](std::byte byte) { return byte == std::byte{0}; });
}

}  // namespace

void lower_copy(Lowering& lowering, const PositionTables& positions, const std::array<std::byte, 8>& filler,
                int output) {
    const Shape& from = lowering.input_type(0).shape;
    const bool integers = copies_integers(lowering, filler);
    Buffer source = integers ? lowering.native_input(0) : lowering.input(0);
    DataType type = integers ? DataType::kUint8 : lowering.input_type(0).dtype;
    std::vector<std::size_t> order = memory_order(source.desc);
    if (order.size() != positions.size()) {
        source = lowering.plain_input(0);
        type = lowering.input_type(0).dtype;
        order.resize(positions.size());
        std::iota(order.begin(), order.end(), std::size_t{0});
    }
    Shape from_in_memory;
    PositionTables in_memory;
    for (const std::size_t axis : order) {
        from_in_memory.push_back(from[static_cast<int>(axis)]);
        in_memory.push_back(positions[axis]);
    }
    const Dims to = dims_of(lowering.output_type(output).shape);
    lowering.run(
        [type, filler, copy = ElementCopy(offset_tables(std::move(in_memory), from_in_memory))](
            std::span<void* const> pointers) { copy.run(type, pointers[0], pointers[1], filler.data()); },
        {source, lowering.output(output, like(source.desc, to, type_of(source.desc)), source.scale)});
}

}  // namespace dyce::ops
