// The product of the last two axes, earlier ones broadcast; an operand of rank 1 is one row (left) or one
// column (right) whose axis the result lacks. NumPy's matmul; ONNX MatMul-13.
#include "ops/lowering/matmul_lowering.h"
#include "ops/lowering/post_ops.h"
#include "ops/lowering/select_implementation.h"
#include "ops/spec/broadcast.h"
#include "ops/spec/checks.h"

namespace dyce::ops::matmul {

extern const OpSpec spec;

namespace {

struct Problem {
    std::int64_t m, k, n;
    Shape a_batch, b_batch, batch;  ///< axes before the last two
    Shape result;
};

Shape batch_of(const Shape& shape) {
    return shape.rank() < 3 ? Shape{} : Shape(shape.begin(), shape.end() - 2);
}

Problem problem_of(const OpCall& call) {
    const Shape &a = call.inputs[0].shape, &b = call.inputs[1].shape;
    if (a.rank() == 0 || b.rank() == 0 || a[-1] != b[b.rank() == 1 ? 0 : -2])
        call.fail("factors " + a.to_string() + " and " + b.to_string() + " do not multiply");
    Problem problem{
        a.rank() == 1 ? 1 : a[-2], a[-1], b.rank() == 1 ? 1 : b[-1], batch_of(a), batch_of(b), {}, {}};
    problem.batch = broadcast_shape(call, problem.a_batch, problem.b_batch);
    problem.result = problem.batch;
    if (a.rank() > 1) problem.result.push_back(problem.m);
    if (b.rank() > 1) problem.result.push_back(problem.n);
    return problem;
}

std::vector<TensorType> infer(const OpCall& call) {
    expect_float32(call);
    return {{DataType::kFloat32, problem_of(call).result}};
}

std::int64_t macs(const OpCall& call) {
    const Problem problem = problem_of(call);
    return count_product(call, problem.batch.elements(), problem.m, problem.k, problem.n);
}

void reference(const OpCall& call, std::span<const TensorView> in, std::span<const MutableTensorView> out) {
    const Problem problem = problem_of(call);
    const std::int64_t m = problem.m, k = problem.k, n = problem.n;
    float* result = out[0].data<float>();
    std::fill_n(result, out[0].shape.elements(), 0.f);
    visit_rows(BroadcastAxes(problem.batch, problem.a_batch, problem.b_batch),
               [&](const BroadcastAxis& axis, std::int64_t row, std::int64_t a, std::int64_t b) {
                   for (std::int64_t i = 0; i < axis.size; ++i)
                       add_product(m, k, n, 1, {in[0].data<float>() + (a + i * axis.a_step) * m * k, k, 1},
                                   {in[1].data<float>() + (b + i * axis.b_step) * k * n, n, 1},
                                   result + (row + i) * m * n);
               });
}

// All matrices of A share the one of B: one product of all their rows.
bool lower_rows(const OpCall& call, Lowering& lowering, const Problem& problem) {
    const MemoryDesc rows = plain_desc(Dims{problem.a_batch.elements() * problem.m, problem.k});
    return lower_row_product(
        call, lowering,
        {lowering.see_as(lowering.plain_input(0), rows), plain_desc(Dims{problem.k, problem.n}), {}});
}

bool lower_batched(const OpCall& call, Lowering& lowering, const Problem& problem) {
    const std::size_t rank = static_cast<std::size_t>(problem.batch.rank()) + 2;
    const auto seen = [&](Shape batch, std::int64_t height, std::int64_t width) {
        batch.push_back(height);
        batch.push_back(width);
        return plain_desc(dims_of_rank(rank, batch));
    };
    const MemoryDesc a = seen(problem.a_batch, problem.m, problem.k),
                     b = seen(problem.b_batch, problem.k, problem.n),
                     result = seen(problem.batch, problem.m, problem.n);
    if (!call.post_ops.empty() && dims_of(result) != dims_of(problem.result)) return false;
    Fusion fusion = fuse(call, lowering);
    const auto descriptor = select_implementation(
        onednn::matmul(lowering.engine(), a, b, nullptr, result, fusion.attributes), lowering);
    if (!descriptor) return false;
    fusion.arguments.push_back({DNNL_ARG_SRC, lowering.weights(0, a, a)});
    fusion.arguments.push_back({DNNL_ARG_WEIGHTS, lowering.weights(1, b, b)});
    fusion.arguments.push_back({DNNL_ARG_DST, lowering.see_as(lowering.plain_output(0), result)});
    lowering.run(descriptor, std::move(fusion.arguments));
    return true;
}

void lower(const OpCall& call, Lowering& lowering) {
    const Problem problem = problem_of(call);
    const bool one_matrix = problem.b_batch.elements() == 1;
    if (problem.k == 0 || !(one_matrix ? lower_rows : lower_batched)(call, lowering, problem))
        lower_by_reference(spec, call, lowering);
}

}  // namespace

extern const OpSpec spec{.name = "MatMul",
                         .min_inputs = 2,
                         .max_inputs = 2,
                         .onnx_since = 6,
                         .infer = infer,
                         .macs = macs,
                         .reference = reference,
                         .lower = lower,
                         .takes_post_ops = true};

}  // namespace dyce::ops::matmul
