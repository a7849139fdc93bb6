#include "ops/lower_copy.h"

#include <numeric>
#include <utility>

namespace dyce::ops {
namespace {

void run_copy(Lowering& lowering, OffsetTables tables, const std::array<std::byte, 8>& filler,
              const Buffer& source, const Buffer& destination) {
    lowering.run(
        [type = lowering.input_type(0).dtype, copy = ElementCopy(std::move(tables)), filler](
            std::span<void* const> pointers) { copy.run(type, pointers[0], pointers[1], filler.data()); },
        {source, destination});
}

}  // namespace

void lower_copy(Lowering& lowering, OffsetTables tables, const std::array<std::byte, 8>& filler) {
    run_copy(lowering, std::move(tables), filler, lowering.plain_input(0), lowering.plain_output(0));
}

void lower_copy_by_position(Lowering& lowering, const PositionTables& positions,
                            const std::array<std::byte, 8>& filler) {
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
    run_copy(lowering, offset_tables(std::move(in_memory), from_in_memory), filler, source,
             lowering.output(0, like(source.desc, dims_of(lowering.output_type(0).shape))));
}

}  // namespace dyce::ops
