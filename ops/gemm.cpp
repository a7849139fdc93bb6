// alpha * A * B + beta * C, A and B transposed on request, C broadcast to the result. ONNX Gemm-13.
#include "ops/lowering/matmul_lowering.h"
#include "ops/lowering/post_ops.h"
#include "ops/spec/broadcast.h"
#include "ops/spec/checks.h"

namespace dyce::ops::gemm {

extern const OpSpec spec;

namespace {

constexpr AttributeSpec kAttributes[] = {{"alpha", AttributeKind::kFloat},
                                         {"beta", AttributeKind::kFloat},
                                         {"transA", AttributeKind::kInt},
                                         {"transB", AttributeKind::kInt}};

struct Problem {
    std::int64_t m, k, n;
    bool transpose_a, transpose_b;
    float alpha, beta;

    Matrix a(const float* data) const { return transpose_a ? Matrix{data, 1, m} : Matrix{data, k, 1}; }
    Matrix b(const float* data) const { return transpose_b ? Matrix{data, 1, k} : Matrix{data, n, 1}; }
};

Problem problem_of(const OpCall& call) {
    const Shape &a = call.inputs[0].shape, &b = call.inputs[1].shape;
    if (a.rank() != 2 || b.rank() != 2)
        call.fail("factors are " + a.to_string() + " and " + b.to_string() + ", expected rank 2");
    const bool transpose_a = call.attributes.integer("transA", 0) != 0;
    const bool transpose_b = call.attributes.integer("transB", 0) != 0;
    if (a[transpose_a ? 0 : 1] != b[transpose_b ? 1 : 0])
        call.fail("factors " + a.to_string() + (transpose_a ? " (transposed)" : "") + " and " +
                  b.to_string() + (transpose_b ? " (transposed)" : "") + " do not multiply");
    return {a[transpose_a ? 1 : 0],
            a[transpose_a ? 0 : 1],
            b[transpose_b ? 0 : 1],
            transpose_a,
            transpose_b,
            call.attributes.real("alpha", 1),
            call.attributes.real("beta", 1)};
}

std::vector<TensorType> infer(const OpCall& call) {
    expect_float32(call);
    const Problem problem = problem_of(call);
    const Shape result{problem.m, problem.n};
    if (call.inputs.size() > 2 && broadcast_shape(call, call.inputs[2].shape, result) != result)
        call.fail("C is " + call.inputs[2].shape.to_string() + ", expected to broadcast to " +
                  result.to_string());
    return {{DataType::kFloat32, result}};
}

std::int64_t macs(const OpCall& call) {
    const Problem problem = problem_of(call);
    return count_product(call, 1, problem.m, problem.k, problem.n);
}

void reference(const OpCall& call, std::span<const TensorView> in, std::span<const MutableTensorView> out) {
    const Problem problem = problem_of(call);
    float* result = out[0].data<float>();
    const float* bias = in.size() > 2 ? in[2].data<float>() : nullptr;
    const Shape bias_shape = bias != nullptr ? in[2].shape : Shape{};
    visit_rows(BroadcastAxes(out[0].shape, bias_shape, {}),
               [&](const BroadcastAxis& axis, std::int64_t row, std::int64_t from, std::int64_t) {
                   for (std::int64_t i = 0; i < axis.size; ++i)
                       result[row + i] = bias != nullptr ? problem.beta * bias[from + i * axis.a_step] : 0;
               });
    add_product(problem.m, problem.k, problem.n, problem.alpha, problem.a(in[0].data<float>()),
                problem.b(in[1].data<float>()), result);
}

// C as the row of numbers that is added to each row of the product; empty when it is none.
std::optional<Buffer> bias_row(const Problem& problem, Lowering& lowering) {
    const Tensor* c = lowering.constant(2);
    if (c == nullptr || (c->elements() != 1 && (c->elements() != problem.n || c->shape()[-1] != problem.n)))
        return {};
    return lowering.derived("bias", [&] {
        Tensor row(DataType::kFloat32, {1, problem.n});
        for (std::int64_t i = 0; i < problem.n; ++i)
            row.mutable_data<float>()[i] = problem.beta * c->data<float>()[c->elements() == 1 ? 0 : i];
        return row;
    });
}

bool lower_as_rows(const OpCall& call, Lowering& lowering) {
    const Problem problem = problem_of(call);
    if (problem.k == 0 || problem.alpha != 1) return false;
    std::optional<Buffer> bias;
    if (call.inputs.size() > 2 && !(bias = bias_row(problem, lowering))) return false;
    const auto seen = [](const Dims& dims, const Matrix& matrix) {
        return MemoryDesc(dims, dnnl::memory::data_type::f32, Dims{matrix.row_step, matrix.column_step});
    };
    const MemoryDesc rows = seen({problem.m, problem.k}, problem.a(nullptr));
    return lower_row_product(call, lowering,
                             {lowering.see_as(lowering.plain_input(0), rows),
                              seen({problem.k, problem.n}, problem.b(nullptr)), bias});
}

void lower(const OpCall& call, Lowering& lowering) {
    if (!lower_as_rows(call, lowering)) lower_by_reference(spec, call, lowering);
}

}  // namespace

extern const OpSpec spec{.name = "Gemm",
                         .min_inputs = 2,
                         .max_inputs = 3,
                         .attributes = kAttributes,
                         .infer = infer,
                         .macs = macs,
                         .reference = reference,
                         .lower = lower,
                         .takes_post_ops = true};

}  // namespace dyce::ops::gemm
