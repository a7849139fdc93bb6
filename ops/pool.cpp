#include "ops/pool.h"

#include "ops/lowering/select_implementation.h"
#include "ops/spec/checks.h"

#include <algorithm>
#include <limits>

namespace dyce::ops {
namespace {

// visit(input plane, output plane) for every image and channel.
template <class Visit>
void for_each_plane(const Window& window, const TensorView& in, const MutableTensorView& out, Visit visit) {
    const float* source = in.data<float>();
    float* destination = out.data<float>();
    std::int64_t source_plane = 1, destination_plane = 1;
    for (const WindowAxis& axis : window) {
        source_plane *= axis.input;
        destination_plane *= axis.output;
    }
    for (std::int64_t i = 0; i < in.shape[0] * in.shape[1]; ++i)
        visit(source + i * source_plane, destination + i * destination_plane, destination_plane);
}

// How many taps each output averages over, for one plane.
std::vector<float> tap_counts(const Window& window, bool include_pad) {
    std::vector<float> counts{1};
    for (const WindowAxis& axis : window) {
        const std::int64_t low = include_pad ? -axis.pad_begin : 0;
        const std::int64_t high = axis.input + (include_pad ? axis.pad_end : 0);
        std::vector<float> product;
        for (const float outer : counts)
            for (std::int64_t o = 0; o < axis.output; ++o)
                product.push_back(outer * static_cast<float>(axis.taps_within(o, low, high)));
        counts = std::move(product);
    }
    return counts;
}

}  // namespace

Window pool_window(const OpCall& call) {
    expect_float32(call);
    Window window = resolve_window(call, call.inputs[0].shape, call.attributes.integers("kernel_shape"));
    for (const WindowAxis& axis : window) {
        // Windows that start on the input touch it: left are those in front of it, and the last one.
        bool covers = axis.position(axis.output - 1, 0) < axis.input;
        for (std::int64_t o = 0; o < axis.output && axis.position(o, 0) < 0; ++o)
            covers = covers && axis.taps_within(o, 0, axis.input) > 0;
        if (!covers)
            call.fail("a window of " + std::to_string(axis.kernel) + " covers nothing but padding (" +
                      std::to_string(axis.pad_begin) + " and " + std::to_string(axis.pad_end) +
                      " around an input of " + std::to_string(axis.input) + ")");
    }
    return window;
}

Window global_window(const OpCall& call) {
    expect_float32(call);
    const Shape& input = call.inputs[0].shape;
    if (input.rank() < 3 || input.rank() > 5)
        call.fail("input is " + input.to_string() + ", expected rank 3 to 5 (N, C, 1 to 3 spatial axes)");
    Window window;
    for (int axis = 2; axis < input.rank(); ++axis) {
        if (input[axis] == 0) call.fail("input is " + input.to_string() + ", expected spatial axes above 0");
        window.push_back({.input = input[axis], .kernel = input[axis]});
    }
    return window;
}

std::vector<TensorType> infer_pool(const OpCall& call, const Window& window) {
    const Shape& input = call.inputs[0].shape;
    return {{DataType::kFloat32, output_shape(input[0], input[1], window)}};
}

void max_over(const Window& window, const TensorView& in, const MutableTensorView& out) {
    const std::int64_t step = window.back().stride;
    for_each_plane(window, in, out, [&](const float* source, float* destination, std::int64_t count) {
        std::fill_n(destination, count, -std::numeric_limits<float>::infinity());
        visit_taps(window, [&](std::int64_t, std::int64_t from, std::int64_t to, std::int64_t run) {
            for (std::int64_t i = 0; i < run; ++i)
                destination[to + i] = std::max(destination[to + i], source[from + i * step]);
        });
    });
}

void average_over(const Window& window, bool include_pad, const TensorView& in,
                  const MutableTensorView& out) {
    const auto counts = tap_counts(window, include_pad);
    const std::int64_t step = window.back().stride;
    for_each_plane(window, in, out, [&](const float* source, float* destination, std::int64_t count) {
        std::fill_n(destination, count, 0.f);
        visit_taps(window, [&](std::int64_t, std::int64_t from, std::int64_t to, std::int64_t run) {
            for (std::int64_t i = 0; i < run; ++i) destination[to + i] += source[from + i * step];
        });
        for (std::int64_t i = 0; i < count; ++i) destination[i] /= counts[static_cast<std::size_t>(i)];
    });
}

bool lower_pool(dnnl::algorithm algorithm, const Window& window, Lowering& lowering) {
    // An average is as exact as what it adds up; the largest of numbers is one of them.
    const bool is_max = algorithm == dnnl::algorithm::pooling_max;
    const Buffer source = is_max ? lowering.native_input(0) : lowering.input(0);
    const Shape& input = lowering.input_type(0).shape;
    const Dims dims = dims_of(output_shape(input[0], input[1], window));
    const auto descriptor = select_implementation(
        onednn::pooling(lowering.engine(), algorithm, source.desc, any_desc(dims, type_of(source.desc)),
                        onednn_window(window), onednn::user_scratchpad()),
        lowering);
    if (!descriptor) return false;
    const MemoryDesc layout = descriptor.query_md(dnnl::query::dst_md, 0);
    const TensorType& output = lowering.output_type(0);
    const bool same_dims = dims == dims_of(output.shape);
    // The largest of integers has their scale.
    Buffer pooled = same_dims ? lowering.output(0, layout, source.scale) : lowering.temporary(layout);
    pooled.scale = source.scale;
    lowering.run(descriptor, {{DNNL_ARG_SRC, source}, {DNNL_ARG_DST, pooled}});
    if (!same_dims) lowering.reorder(pooled, lowering.see_as(lowering.plain_output(0), plain_desc(dims)));
    return true;
}

}  // namespace dyce::ops
