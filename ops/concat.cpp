// Joins the inputs along `axis`; all other dimensions are equal. ONNX Concat-13.
#include "ops/lowering/element_copy.h"
#include "ops/lowering/lowering.h"
#include "ops/spec/checks.h"
#include "runtime/core/checked.h"

#include <algorithm>
#include <cstring>

namespace dyce::ops::concat {

namespace {

constexpr AttributeSpec kAttributes[] = {{"axis", AttributeKind::kInt, true}};

int axis_of(const OpCall& call) {
    return resolve_axis(call, call.attributes.integer("axis", 0), call.inputs[0].shape.rank());
}

std::vector<TensorType> infer(const OpCall& call) {
    const TensorType& first = call.inputs[0];
    const int axis = axis_of(call);
    TensorType output = first;
    for (std::size_t i = 1; i < call.inputs.size(); ++i) {
        const TensorType& input = call.inputs[i];
        TensorType expected = first;
        if (input.shape.rank() == first.shape.rank()) expected.shape[axis] = input.shape[axis];
        if (input != expected)
            call.fail("input " + std::to_string(i) + " is " + name_of(input.dtype) + " " +
                      input.shape.to_string() + ", which does not join " + name_of(first.dtype) + " " +
                      first.shape.to_string() + " along axis " + std::to_string(axis));
        if (!checked_add(output.shape[axis], input.shape[axis], &output.shape[axis]))
            call.fail("axis " + std::to_string(axis) + " overflows 63 bits");
    }
    return {output};
}

void reference(const OpCall& call, std::span<const TensorView> in, std::span<const MutableTensorView> out) {
    if (out[0].shape.elements() == 0) return;
    const int axis = axis_of(call);
    const Shape& shape = out[0].shape;
    const std::int64_t outer = Shape(shape.begin(), shape.begin() + axis).elements();
    const auto row = static_cast<std::size_t>(stride_of(shape, axis)) * size_of(out[0].dtype);
    auto* to = static_cast<std::byte*>(out[0].bytes);
    for (std::int64_t i = 0; i < outer; ++i)
        for (const TensorView& part : in) {
            const std::size_t bytes = static_cast<std::size_t>(part.shape[axis]) * row;
            if (bytes == 0) continue;
            std::memcpy(to, static_cast<const std::byte*>(part.bytes) + static_cast<std::size_t>(i) * bytes,
                        bytes);
            to += bytes;
        }
}

// The inputs as their producers left them where those agree on type and scale, else as float32.
std::vector<Buffer> sources_of(const OpCall& call, Lowering& lowering) {
    std::vector<Buffer> sources;
    for (int i = 0; i < static_cast<int>(call.inputs.size()); ++i)
        sources.push_back(lowering.native_input(i));
    const auto is_like_first = [&](const Buffer& source) {
        return type_of(source.desc) == type_of(sources[0].desc) && source.scale == sources[0].scale;
    };
    if (!std::all_of(sources.begin(), sources.end(), is_like_first))
        for (std::size_t i = 0; i < sources.size(); ++i) sources[i] = lowering.input(static_cast<int>(i));
    return sources;
}

// The layout oneDNN would join the inputs in; channels last rather than a return to row-major.
MemoryDesc layout_of(const OpCall& call, const std::vector<Buffer>& sources, Lowering& lowering) {
    const Dims dims = dims_of(lowering.output_type(0).shape);
    std::vector<MemoryDesc> descs;
    bool all_plain = true;
    for (const Buffer& source : sources) {
        descs.push_back(source.desc);
        all_plain = all_plain && is_plain(source.desc);
    }
    const DescType type = type_of(descs[0]);
    if (all_plain) return plain_desc(dims, type);
    const auto joined = onednn::concat(lowering.engine(), any_desc(dims, type), axis_of(call), descs,
                                       onednn::user_scratchpad());
    if (joined && !is_plain(joined.query_md(dnnl::query::dst_md, 0)))
        return joined.query_md(dnnl::query::dst_md, 0);
    return dims.size() >= 3 && dims.size() <= 5 ? channels_last_desc(dims, type) : plain_desc(dims, type);
}

// Each input is re-ordered to its place: as fast as oneDNN's concat where layouts agree, and faster
// elsewhere.
void lower(const OpCall& call, Lowering& lowering) {
    const std::vector<Buffer> sources = sources_of(call, lowering);
    const Buffer destination = lowering.output(0, layout_of(call, sources, lowering), sources[0].scale);
    Dims place(static_cast<std::size_t>(call.inputs[0].shape.rank()), 0);
    const auto axis = static_cast<std::size_t>(axis_of(call));
    for (int i = 0; i < static_cast<int>(call.inputs.size()); ++i) {
        const Dims dims = dims_of(lowering.input_type(i).shape);
        if (lowering.input_type(i).shape.elements() > 0)
            lowering.reorder(sources[static_cast<std::size_t>(i)],
                             lowering.see_as(destination, destination.desc.submemory_desc(dims, place)));
        place[axis] += dims[axis];
    }
}

}  // namespace

extern const OpSpec spec{.name = "Concat",
                         .max_inputs = -1,
                         .attributes = kAttributes,
                         .onnx_since = 6,
                         .infer = infer,
                         .reference = reference,
                         .lower = lower};

}  // namespace dyce::ops::concat
