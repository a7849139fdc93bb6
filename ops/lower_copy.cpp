#include "ops/lower_copy.h"

namespace dyce::ops {

void lower_copy(Lowering& lowering, OffsetTables tables, const std::array<std::byte, 8>& filler) {
    const TensorType from = lowering.input_type(0), to = lowering.output_type(0);
    std::vector<Buffer> buffers{lowering.plain_input(0), lowering.plain_output(0)};
    lowering.run(
        [from, to, tables = std::move(tables), filler](std::span<void* const> pointers) {
            copy_elements(tables, {from.dtype, from.shape, pointers[0]}, {to.dtype, to.shape, pointers[1]},
                          filler.data());
        },
        std::move(buffers));
}

}  // namespace dyce::ops
