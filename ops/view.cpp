#include "ops/view.h"

#include "ops/lowering/lowering.h"

#include <cstring>

namespace dyce::ops {

void reference_view(const OpCall&, std::span<const TensorView> in, std::span<const MutableTensorView> out) {
    const auto count = static_cast<std::size_t>(in[0].shape.elements());
    if (count > 0) std::memcpy(out[0].bytes, in[0].bytes, count * size_of(in[0].dtype));
}

void lower_view(const OpCall&, Lowering& lowering) {
    lowering.forward(0, lowering.plain_input(0), plain_desc(lowering.output_type(0)));
}

}  // namespace dyce::ops
