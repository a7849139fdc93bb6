// Over the axes from `axis` on: (x - mean) / sqrt(variance + epsilon) * scale + bias. Inputs x, scale and
// optionally bias; further outputs are the mean and 1 / sqrt(variance + epsilon). ONNX LayerNormalization-17.
#include "ops/lowering/post_ops.h"
#include "ops/lowering/select_implementation.h"
#include "ops/spec/checks.h"

#include <cmath>

namespace dyce::ops::layer_normalization {

extern const OpSpec spec;

namespace {

constexpr AttributeSpec kAttributes[] = {{"axis", AttributeKind::kInt}, {"epsilon", AttributeKind::kFloat}};

float epsilon_of(const OpCall& call) { return call.attributes.real("epsilon", 1e-5f); }

struct Rows {
    Shape row;         ///< the axes that are normalised together
    Shape statistics;  ///< the input's shape with ones for them
};

Rows rows_of(const OpCall& call) {
    const Shape& x = call.inputs[0].shape;
    const int axis = resolve_axis(call, call.attributes.integer("axis", -1), x.rank());
    Rows rows{Shape(x.begin() + axis, x.end()), Shape(x.begin(), x.begin() + axis)};
    while (rows.statistics.rank() < x.rank()) rows.statistics.push_back(1);
    return rows;
}

std::vector<TensorType> infer(const OpCall& call) {
    expect_float32(call);
    const Rows rows = rows_of(call);
    for (std::size_t i = 1; i < call.inputs.size(); ++i)
        if (call.inputs[i].shape != rows.row)
            call.fail((i == 1 ? "scale is " : "bias is ") + call.inputs[i].shape.to_string() + ", expected " +
                      rows.row.to_string());
    const TensorType statistics{DataType::kFloat32, rows.statistics};
    return {call.inputs[0], statistics, statistics};
}

void reference(const OpCall& call, std::span<const TensorView> in, std::span<const MutableTensorView> out) {
    const Rows rows = rows_of(call);
    const std::int64_t size = rows.row.elements();
    const float* x = in[0].data<float>();
    float* y = out[0].data<float>();
    for (std::int64_t row = 0; row < rows.statistics.elements(); ++row, x += size, y += size) {
        double mean = 0, variance = 0;
        for (std::int64_t i = 0; i < size; ++i) mean += x[i] / static_cast<double>(size);
        for (std::int64_t i = 0; i < size; ++i)
            variance += (x[i] - mean) * (x[i] - mean) / static_cast<double>(size);
        const double factor = 1 / std::sqrt(variance + epsilon_of(call));
        for (std::int64_t i = 0; i < size; ++i)
            y[i] = static_cast<float>((x[i] - mean) * factor * in[1].data<float>()[i] +
                                      (in.size() > 2 ? in[2].data<float>()[i] : 0));
        if (out.size() > 1) out[1].data<float>()[row] = static_cast<float>(mean);
        if (out.size() > 2) out[2].data<float>()[row] = static_cast<float>(factor);
    }
}

void lower(const OpCall& call, Lowering& lowering) {
    const Rows rows = rows_of(call);
    const std::int64_t size = rows.row.elements();
    const MemoryDesc seen = plain_desc(Dims{rows.statistics.elements(), size});
    const MemoryDesc vector = plain_desc(Dims{size});
    const auto descriptor = select_implementation(
        onednn::layer_normalization(lowering.engine(), seen, epsilon_of(call), onednn::user_scratchpad()),
        lowering);
    if (!descriptor || call.output_count > 1) return lower_by_reference(spec, call, lowering);
    const Buffer source = lowering.plain_input(0);
    const bool in_place = source.id == lowering.input(0).id && lowering.can_overwrite(0);
    const Buffer destination = in_place ? lowering.output_over(0, 0) : lowering.plain_output(0);
    const Buffer bias = call.inputs.size() > 2
                            ? lowering.weights(2, vector, vector)
                            : lowering.derived("bias", [&] { return Tensor(DataType::kFloat32, {size}); });
    lowering.run(descriptor, {{DNNL_ARG_SRC, lowering.see_as(source, seen)},
                              {DNNL_ARG_SCALE, lowering.weights(1, vector, vector)},
                              {DNNL_ARG_SHIFT, bias},
                              {DNNL_ARG_DST, lowering.see_as(destination, seen)}});
}

}  // namespace

extern const OpSpec spec{.name = "LayerNormalization",
                         .min_inputs = 2,
                         .max_inputs = 3,
                         .max_outputs = 3,
                         .attributes = kAttributes,
                         .infer = infer,
                         .reference = reference,
                         .lower = lower};

}  // namespace dyce::ops::layer_normalization
