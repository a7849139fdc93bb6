#include "ops/lower_copy.h"

#include <numeric>
#include <utility>

namespace dyce::ops {

void lower_copy(Lowering& lowering, const PositionTables& positions, const std::array<std::byte, 8>& filler,
                int output) {
    const Shape& from = lowering.input_type(0).shape;
    Buffer source = lowering.input(0);
    std::vector<std::size_t> order = memory_order(source.desc);
    if (order.size() != positions.size()) {
        source = lowering.plain_input(0);
        order.resize(positions.size());
        std::iota(order.begin(), order.end(), std::size_t{0});
    }
    Shape from_in_memory;
    PositionTables in_memory;
    for (const std::size_t axis : order) {
        from_in_memory.push_back(from[static_cast<int>(axis)]);
        in_memory.push_back(positions[axis]);
    }
    lowering.run(
        [type = lowering.input_type(0).dtype, filler,
         copy = ElementCopy(offset_tables(std::move(in_memory), from_in_memory))](
            std::span<void* const> pointers) { copy.run(type, pointers[0], pointers[1], filler.data()); },
        {source, lowering.output(output, like(source.desc, dims_of(lowering.output_type(output).shape)))});
}

}  // namespace dyce::ops
