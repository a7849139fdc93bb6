// The pools whose windows oneDNN knows: a maximum sends the gradient where it came from, an average spreads
// it.
#include "ops/adaptive_cells.h"
#include "ops/pool.h"
#include "runtime/core/onednn/training.h"
#include "runtime/core/threads.h"
#include "search/train/backward/backward_pass.h"

#include <algorithm>

namespace dyce::backward {
namespace {

Backward pool(const OpCall& call, Tape& tape, dnnl::algorithm algorithm, const ops::Window& axes) {
    const auto window = ops::onednn_window(axes);
    const Buffer source = tape.input(0);
    const auto forward =
        onednn::pooling_training(tape.engine(), algorithm, source.desc,
                                 any_desc(dims_of(tape.output_type(0).shape), type_of(source.desc)), window);
    if (!forward) call.fail("cannot be trained: oneDNN has no such pool");
    const MemoryDesc workspace_desc = forward.query_md(dnnl::query::workspace_md, 0);
    const bool has_workspace = byte_size(workspace_desc) > 0;
    const Buffer workspace = has_workspace ? tape.temporary(workspace_desc) : Buffer{};
    const Buffer output = tape.output(0, forward.query_md(dnnl::query::dst_md, 0));
    std::vector<Argument> arguments{{DNNL_ARG_SRC, source}, {DNNL_ARG_DST, output}};
    if (has_workspace) arguments.push_back({DNNL_ARG_WORKSPACE, workspace});
    tape.run(forward, std::move(arguments));

    return [=, &tape] {
        if (!tape.wants_gradient(0)) return;
        const Buffer result = tape.temporary(source.desc);
        std::vector<Argument> back{{DNNL_ARG_DIFF_DST, tape.gradient(0)}, {DNNL_ARG_DIFF_SRC, result}};
        if (has_workspace) back.push_back({DNNL_ARG_WORKSPACE, workspace});
        tape.run(
            onednn::pooling_backward(tape.engine(), forward, algorithm, source.desc, output.desc, window),
            std::move(back));
        tape.give_gradient(0, result);
    };
}

// One axis of a grid of cells that overlap where they do not divide the input.
struct Cells {
    std::int64_t input, count;
    ops::Cell operator[](std::int64_t i) const { return ops::adaptive_cell(i, count, input); }
};

// visit(place in the plane, place in the grid, share of the average).
template <class Visit>
void visit_cells(const Cells& rows, const Cells& columns, const Visit& visit) {
    for (std::int64_t y = 0; y < rows.count; ++y)
        for (std::int64_t x = 0; x < columns.count; ++x) {
            const ops::Cell down = rows[y], across = columns[x];
            const float share = 1.f / static_cast<float>(down.size() * across.size());
            for (std::int64_t i = down.begin; i < down.end; ++i)
                for (std::int64_t j = across.begin; j < across.end; ++j)
                    visit(i * columns.input + j, y * columns.count + x, share);
        }
}

Backward uneven_pool(Tape& tape, std::int64_t planes, const Cells& rows, const Cells& columns,
                     const MemoryDesc& input_desc) {
    const std::int64_t plane = rows.input * columns.input, grid = rows.count * columns.count;
    const Buffer source = tape.as(tape.input(0), input_desc);
    const Buffer output = tape.output(0, plain_desc(tape.output_type(0)));
    tape.run(
        [=](std::span<void* const> pointers) {
            parallel_ranges(planes, [&](std::int64_t first, std::int64_t last) {
                for (std::int64_t p = first; p < last; ++p) {
                    const float* from = static_cast<const float*>(pointers[0]) + p * plane;
                    float* to = static_cast<float*>(pointers[1]) + p * grid;
                    std::fill_n(to, grid, 0.f);
                    visit_cells(rows, columns, [&](std::int64_t at, std::int64_t cell, float share) {
                        to[cell] += share * from[at];
                    });
                }
            });
        },
        {source, output});

    return [=, &tape] {
        if (!tape.wants_gradient(0)) return;
        const Buffer result = tape.temporary(input_desc);
        tape.run(
            [=](std::span<void* const> pointers) {
                parallel_ranges(planes, [&](std::int64_t first, std::int64_t last) {
                    for (std::int64_t p = first; p < last; ++p) {
                        const float* from = static_cast<const float*>(pointers[0]) + p * grid;
                        float* to = static_cast<float*>(pointers[1]) + p * plane;
                        std::fill_n(to, plane, 0.f);
                        visit_cells(rows, columns, [&](std::int64_t at, std::int64_t cell, float share) {
                            to[at] += share * from[cell];
                        });
                    }
                });
            },
            {tape.gradient(0), result});
        tape.give_gradient(0, result);
    };
}

}  // namespace

Backward max_pool(const OpCall& call, Tape& tape) {
    return pool(call, tape, dnnl::algorithm::pooling_max, ops::pool_window(call));
}

Backward average_pool(const OpCall& call, Tape& tape) {
    const ops::Window window = ops::pool_window(call);
    const bool includes_pad = call.attributes.integer("count_include_pad", 0) != 0;
    // Where padding counts, oneDNN divides by the whole window, however far it reaches.
    const bool inside = std::all_of(window.begin(), window.end(), [](const ops::WindowAxis& axis) {
        return axis.reach() <= axis.input + axis.pad_end;
    });
    if (includes_pad && !inside) call.fail("cannot be trained: a window reaches beyond the padding");
    return pool(call, tape,
                includes_pad ? dnnl::algorithm::pooling_avg_include_padding
                             : dnnl::algorithm::pooling_avg_exclude_padding,
                window);
}

Backward global_average_pool(const OpCall& call, Tape& tape) {
    return pool(call, tape, dnnl::algorithm::pooling_avg_exclude_padding, ops::global_window(call));
}

Backward adaptive_average_pool(const OpCall& call, Tape& tape) {
    const Shape &input = call.inputs[0].shape, &output = tape.output_type(0).shape;
    if (input[2] % output[2] != 0 || input[3] % output[3] != 0)
        return uneven_pool(tape, input[0] * input[1], {input[2], output[2]}, {input[3], output[3]},
                           plain_desc(call.inputs[0]));
    const auto axis = [&](int i) {  // cells of one size are the windows of an ordinary pool
        const std::int64_t size = input[i] / output[i];
        return ops::WindowAxis{.input = input[i], .output = output[i], .kernel = size, .stride = size};
    };
    return pool(call, tape, dnnl::algorithm::pooling_avg_exclude_padding, {axis(2), axis(3)});
}

}  // namespace dyce::backward
