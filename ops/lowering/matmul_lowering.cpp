#include "ops/lowering/matmul_lowering.h"

#include "ops/lowering/post_ops.h"
#include "ops/lowering/select_implementation.h"
#include "runtime/core/checked.h"

#include <algorithm>

namespace dyce::ops {
namespace {

// Whether the input is one number for each column.
bool is_row(const Shape& shape, std::int64_t columns) {
    return shape.rank() > 0 && shape[-1] == columns && shape.elements() == columns;
}

bool fits_rows(const PostOp& op, std::int64_t columns, const Lowering& lowering) {
    if (op.operand < 0) return true;
    const Shape& shape = lowering.input_type(op.operand).shape;
    return shape == lowering.output_type(0).shape || shape.elements() == 1 || is_row(shape, columns);
}

// oneDNN adds a bias faster than it runs a post-op.
bool begins_with_bias(const OpCall& call, const Lowering& lowering, std::int64_t columns) {
    if (call.post_ops.empty() || call.post_ops[0].spec->binary != BinaryKind::kAdd) return false;
    const int operand = call.post_ops[0].operand;
    return lowering.constant(operand) != nullptr && is_row(lowering.input_type(operand).shape, columns);
}

// The row, and once more.
Buffer twice(Lowering& lowering, const Buffer& row, std::int64_t k) {
    const Buffer rows = lowering.temporary(plain_desc(Dims{2, k}));
    lowering.run(
        [k](std::span<void* const> pointers) {
            auto* const to = static_cast<float*>(pointers[1]);
            std::copy_n(static_cast<const float*>(pointers[0]), k, to);
            std::copy_n(to, k, to + k);
        },
        {row, rows});
    return rows;
}

void take_first(Lowering& lowering, const Buffer& rows, const Buffer& row, std::int64_t n) {
    lowering.run(
        [n](std::span<void* const> pointers) {
            std::copy_n(static_cast<const float*>(pointers[0]), n, static_cast<float*>(pointers[1]));
        },
        {rows, row});
}

}  // namespace

void add_product(std::int64_t m, std::int64_t k, std::int64_t n, float alpha, const Matrix& a,
                 const Matrix& b, float* out) {
    for (std::int64_t row = 0; row < m; ++row, out += n)
        for (std::int64_t i = 0; i < k; ++i) {
            const float factor = alpha * a.data[row * a.row_step + i * a.column_step];
            const float* from = b.data + i * b.row_step;
            for (std::int64_t column = 0; column < n; ++column)
                out[column] += factor * from[column * b.column_step];
        }
}

std::int64_t count_product(const OpCall& call, std::int64_t batch, std::int64_t m, std::int64_t k,
                           std::int64_t n) {
    std::int64_t total = batch;
    for (const std::int64_t factor : {m, k, n})
        if (!checked_multiply(total, factor, &total)) call.fail("multiply-adds overflow 63 bits");
    return total;
}

bool lower_row_product(const OpCall& call, Lowering& lowering, const RowProduct& product) {
    const Dims rows = dims_of(product.rows.desc), matrix = dims_of(product.weights);
    const std::int64_t m = rows[0], k = rows[1], n = matrix[1];
    const bool packed = lowering.constant(1) != nullptr;
    // A row's answer must not depend on its batch.
    const bool is_doubled =
        onednn::kOneRowIsSpecial && m == 1 && packed && product.rows.desc == plain_desc(rows);
    const MemoryDesc source = is_doubled ? plain_desc(Dims{2, k}) : product.rows.desc;
    const MemoryDesc output = plain_desc(Dims{is_doubled ? 2 : m, n}), row = plain_desc(Dims{1, n}),
                     number = plain_desc(Dims{1, 1});
    if (!std::all_of(call.post_ops.begin(), call.post_ops.end(),
                     [&](const PostOp& op) { return fits_rows(op, n, lowering); }))
        return false;

    OpCall rest = call;
    std::optional<Buffer> bias = product.bias;
    if (!bias && begins_with_bias(call, lowering, n)) {
        bias = lowering.weights(call.post_ops[0].operand, row, row);
        rest.post_ops = call.post_ops.subspan(1);
    }
    Fusion fusion = fuse(rest, lowering, {}, {}, [&](int operand) {
        const Shape& shape = lowering.input_type(operand).shape;
        if (shape.elements() == 1) return lowering.weights(operand, number, number);
        if (is_row(shape, n)) return lowering.weights(operand, row, row);
        return lowering.see_as(lowering.plain_input(operand), output);
    });
    const auto descriptor = select_implementation(
        onednn::matmul(lowering.engine(), source, packed ? any_desc(matrix) : product.weights,
                       bias ? &row : nullptr, output, fusion.attributes),
        lowering);
    if (!descriptor) return false;
    auto& arguments = fusion.arguments;
    arguments.push_back({DNNL_ARG_SRC, is_doubled ? twice(lowering, product.rows, k) : product.rows});
    arguments.push_back(
        {DNNL_ARG_WEIGHTS,
         lowering.weights(1, product.weights, descriptor.query_md(dnnl::query::weights_md, 0))});
    if (bias) arguments.push_back({DNNL_ARG_BIAS, *bias});
    const Buffer result =
        is_doubled ? lowering.temporary(output) : lowering.see_as(lowering.plain_output(0), output);
    arguments.push_back({DNNL_ARG_DST, result});
    lowering.run(descriptor, std::move(arguments));
    if (is_doubled) take_first(lowering, result, lowering.plain_output(0), n);
    return true;
}

}  // namespace dyce::ops
