// Slice, Pad, Transpose: operators that only move elements within an image. Where each element came from is
// asked of the operator itself: its plain loops move the elements' numbers.
#include "runtime/core/threads.h"
#include "search/train/backward/backward_pass.h"
#include "search/train/backward/reordered.h"

#include <algorithm>
#include <memory>
#include <numeric>

namespace dyce::backward {
namespace {

constexpr std::int64_t kMaxElements = std::int64_t{1} << 24;  // float32 counts no further one by one

// Elements that lie side by side before and after, in an image's memory.
struct Run {
    std::int64_t from, to, count;
};

struct Moves {
    std::vector<Run> runs;
    std::int64_t from_size = 0, to_size = 0;  // elements of an image in memory
};

TensorType of_one_image(TensorType type) {
    type.shape[0] = 1;
    return type;
}

// The operator's inputs as numbers 1, 2, .., and where they are afterwards; 0 is what Pad adds.
Tensor move_numbers(const OpCall& call, const OpSpec& spec, Tensor& numbers) {
    const std::vector<TensorType> inputs{numbers.type()};
    const OpCall one{call.where, call.attributes, inputs};
    std::iota(numbers.mutable_data<float>(), numbers.mutable_data<float>() + numbers.elements(), 1.f);
    Tensor moved(DataType::kFloat32, checked_infer(spec, one)[0].shape);
    const std::vector<TensorView> in{view_of(numbers)};
    const std::vector<MutableTensorView> out{mutable_view_of(moved)};
    spec.reference(one, in, out);
    return moved;
}

Moves find_moves(const dnnl::engine& engine, const Tensor& numbers, const MemoryDesc& from,
                 const Tensor& moved, const MemoryDesc& to) {
    const auto lying = [&](const Tensor& tensor, const MemoryDesc& desc) {
        const MemoryDesc plain = plain_desc(tensor.type());
        return reordered(engine, tensor.data<float>(), plain, like(desc, dims_of(plain)));
    };
    const std::vector<float> before = lying(numbers, from), after = lying(moved, to);
    std::vector<std::int64_t> places(static_cast<std::size_t>(numbers.elements()) + 1, -1);
    for (std::size_t i = 0; i < before.size(); ++i)
        if (before[i] > 0) places[static_cast<std::size_t>(before[i])] = static_cast<std::int64_t>(i);
    Moves moves{{}, static_cast<std::int64_t>(before.size()), static_cast<std::int64_t>(after.size())};
    for (std::int64_t i = 0; i < moves.to_size; ++i) {
        const std::int64_t place = places[static_cast<std::size_t>(after[static_cast<std::size_t>(i)])];
        if (place < 0) continue;
        auto& runs = moves.runs;
        const bool goes_on = !runs.empty() && runs.back().to + runs.back().count == i &&
                             runs.back().from + runs.back().count == place;
        if (goes_on)
            ++runs.back().count;
        else
            runs.push_back({place, i, 1});
    }
    return moves;
}

// A layout like the given one in which images lie one after another.
MemoryDesc by_image(const MemoryDesc& layout, const Dims& dims) {
    const MemoryDesc wanted = like(layout, dims);
    return row_bytes(wanted) > 0 ? wanted : plain_desc(dims);
}

}  // namespace

Backward move(const OpCall& call, Tape& tape) {
    const TensorType &input = call.inputs[0], &output = tape.output_type(0);
    Tensor numbers(DataType::kFloat32, of_one_image(input).shape);
    if (numbers.elements() >= kMaxElements || call.attributes.real("value", 0) != 0)
        call.fail("cannot be trained: expected less than 2^24 numbers an image, and zeros to pad with");
    const Tensor moved = move_numbers(call, tape.spec(), numbers);
    if (input.shape[0] != output.shape[0] || moved.shape() != of_one_image(output).shape)
        call.fail("cannot be trained: it moves numbers from image to image");

    const Buffer source = tape.as(tape.input(0), by_image(tape.input(0).desc, dims_of(input.shape)));
    const MemoryDesc layout = by_image(source.desc, dims_of(output.shape));
    const auto moves =
        std::make_shared<const Moves>(find_moves(tape.engine(), numbers, source.desc, moved, layout));
    const std::int64_t batch = input.shape[0];
    tape.run(
        [moves, batch](std::span<void* const> pointers) {
            parallel_ranges(batch, [&](std::int64_t first, std::int64_t last) {
                for (std::int64_t image = first; image < last; ++image) {
                    const float* from = static_cast<const float*>(pointers[0]) + image * moves->from_size;
                    float* to = static_cast<float*>(pointers[1]) + image * moves->to_size;
                    std::fill_n(to, moves->to_size, 0.f);
                    for (const Run& run : moves->runs) std::copy_n(from + run.from, run.count, to + run.to);
                }
            });
        },
        {source, tape.output(0, layout)});

    return [&tape, moves, batch, desc = source.desc] {
        if (!tape.wants_gradient(0)) return;
        const Buffer result = tape.temporary(desc);
        tape.run(
            [moves, batch](std::span<void* const> pointers) {
                parallel_ranges(batch, [&](std::int64_t first, std::int64_t last) {
                    for (std::int64_t image = first; image < last; ++image) {
                        const float* from = static_cast<const float*>(pointers[0]) + image * moves->to_size;
                        float* to = static_cast<float*>(pointers[1]) + image * moves->from_size;
                        std::fill_n(to, moves->from_size, 0.f);
                        for (const Run& run : moves->runs)
                            for (std::int64_t i = 0; i < run.count; ++i) to[run.from + i] += from[run.to + i];
                    }
                });
            },
            {tape.gradient(0), result});
        tape.give_gradient(0, result);
    };
}

}  // namespace dyce::backward
