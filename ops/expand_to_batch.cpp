// Repeats the first input, whose first dimension is 1, for each image: as often as the second input's first
// dimension says; nothing else of that is read. So a class token joins the tokens of every image. Domain dyce.
#include "ops/lowering/lowering.h"
#include "ops/spec/checks.h"

#include <cstring>

namespace dyce::ops::expand_to_batch {
namespace {

std::vector<TensorType> infer(const OpCall& call) {
    TensorType output = call.inputs[0];
    if (output.shape.rank() == 0 || output.shape[0] != 1)
        call.fail("input 0 is " + output.shape.to_string() + ", expected a first dimension of 1");
    if (call.inputs[1].shape.rank() == 0) call.fail("input 1 has no dimensions, expected that of the images");
    output.shape[0] = call.inputs[1].shape[0];
    return {output};
}

void repeat(const void* row, std::size_t bytes, std::int64_t count, void* to) {
    for (std::int64_t i = 0; i < count && bytes > 0; ++i)
        std::memcpy(static_cast<std::byte*>(to) + static_cast<std::size_t>(i) * bytes, row, bytes);
}

std::size_t bytes_of(const TensorType& type) {
    return static_cast<std::size_t>(type.shape.elements()) * size_of(type.dtype);
}

void reference(const OpCall& call, std::span<const TensorView> in, std::span<const MutableTensorView> out) {
    repeat(in[0].bytes, bytes_of(call.inputs[0]), out[0].shape[0], out[0].bytes);
}

void lower(const OpCall& call, Lowering& lowering) {
    const std::size_t bytes = bytes_of(call.inputs[0]);
    const std::int64_t count = lowering.output_type(0).shape[0];
    const auto loop = [=](std::span<void* const> pointers) {
        repeat(pointers[0], bytes, count, pointers[1]);
    };
    const Buffer row = lowering.plain_input(0);
    lowering.run(loop, {row, lowering.plain_output(0)});
}

}  // namespace

extern const OpSpec spec{.name = "ExpandToBatch",
                         .domain = "dyce",
                         .min_inputs = 2,
                         .max_inputs = 2,
                         .infer = infer,
                         .reference = reference,
                         .lower = lower};

}  // namespace dyce::ops::expand_to_batch
