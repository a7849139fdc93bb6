// Covers vector, ops/{gemm, matmul}.
#include "tests/ops/compiled.h"

using namespace dyce;
using namespace dyce::test;

namespace {

constexpr std::int64_t kYes = 1;

struct MatMulCase {
    Shape a, b, result;
};

const std::vector<MatMulCase> kMatMulCases = {
    {{7}, {7}, {}},
    {{7}, {7, 5}, {5}},
    {{4, 7}, {7}, {4}},
    {{1, 33}, {33, 10}, {1, 10}},
    {{4, 7}, {7, 5}, {4, 5}},
    {{2, 3, 4, 7}, {7, 5}, {2, 3, 4, 5}},
    {{2, 3, 4, 7}, {7}, {2, 3, 4}},
    {{4, 7}, {1, 7, 5}, {1, 4, 5}},
    {{3, 4, 7}, {3, 7, 5}, {3, 4, 5}},
    {{2, 3, 4, 7}, {3, 7, 5}, {2, 3, 4, 5}},
    {{2, 1, 4, 7}, {1, 3, 7, 5}, {2, 3, 4, 5}},
    {{7}, {3, 7, 5}, {3, 5}},
    {{3, 4, 7}, {3, 7, 1}, {3, 4, 1}},
    {{2, 0, 7}, {7, 5}, {2, 0, 5}},
    {{2, 0}, {0, 3}, {2, 3}},
    {{1, 17, 13, 96}, {96, 64}, {1, 17, 13, 64}},
};

std::string text_of(const MatMulCase& row) { return row.a.to_string() + " x " + row.b.to_string(); }

// One number at a time, in double precision: the definition. `matrix` picks the matrices of a result.
double dot(const float* a, std::int64_t a_step, const float* b, std::int64_t b_step, std::int64_t count) {
    double sum = 0;
    for (std::int64_t i = 0; i < count; ++i) sum += double(a[i * a_step]) * b[i * b_step];
    return sum;
}

}  // namespace

TEST_CASE("MatMul multiplies rows by columns") {
    const Tensor a = tensor({2, 3}, {1, 2, 3, 4, 5, 6}), b = tensor({3, 2}, {1, 0, 2, 1, 0, -1});
    check_close(run_reference("MatMul", {a, b}), tensor({2, 2}, {5, -1, 14, -1}));
    check_close(run_reference("MatMul", {tensor({3}, {1, 2, 3}), b}), tensor({2}, {5, -1}));
    check_close(run_reference("MatMul", {a, tensor({3}, {1, 0, -1})}), tensor({2}, {-2, -2}));
    check_close(run_reference("MatMul", {tensor({2}, {1, 2}), tensor({2}, {3, 4})}), tensor({}, {11}));
    check_close(run_reference("MatMul", {tensor({2, 0}, {}), tensor({0, 1}, {})}), tensor({2, 1}, {0, 0}));
}

TEST_CASE("MatMul broadcasts the axes before the last two") {
    // Batches (2, 1) and (1, 3) of A (4 x 7) and B (7 x 5).
    const Tensor a = random_tensor({2, 1, 4, 7}, 1), b = random_tensor({1, 3, 7, 5}, 2);
    std::vector<double> expected;
    for (std::int64_t i = 0; i < 2; ++i)
        for (std::int64_t j = 0; j < 3; ++j)
            for (std::int64_t row = 0; row < 4; ++row)
                for (std::int64_t column = 0; column < 5; ++column)
                    expected.push_back(
                        dot(a.data<float>() + i * 28 + row * 7, 1, b.data<float>() + j * 35 + column, 5, 7));
    check_close(run_reference("MatMul", {a, b}), tensor({2, 3, 4, 5}, expected), 1e-6);
}

TEST_CASE("Gemm scales, transposes and adds") {
    for (const bool transpose_a : {false, true})
        for (const bool transpose_b : {false, true})
            for (const Shape& c_shape :
                 {Shape{}, Shape{1}, Shape{5}, Shape{1, 5}, Shape{3, 1}, Shape{3, 5}}) {
                CAPTURE(transpose_a);
                CAPTURE(transpose_b);
                CAPTURE(c_shape.to_string());
                const Tensor a = random_tensor(transpose_a ? Shape{4, 3} : Shape{3, 4}, 1);
                const Tensor b = random_tensor(transpose_b ? Shape{5, 4} : Shape{4, 5}, 2);
                const Tensor c = random_tensor(c_shape, 3);
                std::vector<double> expected;
                for (std::int64_t row = 0; row < 3; ++row)
                    for (std::int64_t column = 0; column < 5; ++column) {
                        const std::int64_t rows = c_shape.rank() == 2 && c_shape[0] == 3 ? row : 0;
                        const std::int64_t columns = c_shape.rank() > 0 && c_shape[-1] == 5 ? column : 0;
                        const std::int64_t width = c_shape.rank() > 0 ? c_shape[-1] : 1;
                        expected.push_back(0.5 * dot(a.data<float>() + row * (transpose_a ? 1 : 4),
                                                     transpose_a ? 3 : 1,
                                                     b.data<float>() + column * (transpose_b ? 4 : 1),
                                                     transpose_b ? 1 : 5, 4) +
                                           2.0 * c.data<float>()[rows * width + columns]);
                    }
                const Attributes attributes{{"alpha", 0.5f},
                                            {"beta", 2.f},
                                            {"transA", std::int64_t{transpose_a}},
                                            {"transB", std::int64_t{transpose_b}}};
                check_close(run_reference("Gemm", {a, b, c}, attributes), tensor({3, 5}, expected));
            }
    check_close(run_reference("Gemm", {tensor({1, 2}, {3, 4}), tensor({2, 1}, {1, -1})}),
                tensor({1, 1}, {-1}));
}

TEST_CASE("products count their multiply-adds") {
    CHECK(macs("Gemm", {f32({1, 2048}), f32({1000, 2048}), f32({1000})}, {{"transB", kYes}}) == 2'048'000);
    CHECK(macs("Gemm", {f32({64, 1}), f32({64, 10})}, {{"transA", kYes}}) == 640);
    CHECK(macs("MatMul", {f32({1, 56, 56, 96}), f32({96, 384})}) == 56 * 56 * 96 * 384);
    CHECK(macs("MatMul", {f32({12, 197, 64}), f32({12, 64, 197})}) == 12 * 197 * 64 * 197);
    CHECK(macs("MatMul", {f32({7}), f32({7})}) == 7);
    constexpr std::int64_t kBig = std::int64_t{1} << 31;
    CHECK_THROWS_WITH_AS(macs("MatMul", {f32({kBig, kBig}), f32({kBig, kBig})}),
                         doctest::Contains("overflow"), Error);
}

TEST_CASE("MatMul computes the same compiled, whatever is constant and however it is laid out") {
    for (const MatMulCase& row : kMatMulCases)
        for (const Layout layout : layouts_of(row.a))
            for (const bool constant : {false, true}) {
                CAPTURE(text_of(row));
                CAPTURE(name_of(layout));
                CAPTURE(constant);
                GraphBuilder builder(false);
                const ValueId a = add_input(builder, row.a, layout);
                const ValueId b =
                    constant ? builder.constant("b", random_tensor(row.b, 5)) : add_input(builder, row.b);
                builder.output(builder.add("MatMul", {a, b}));
                CHECK(builder.type(builder.graph().outputs.back()).shape.to_string() ==
                      row.result.to_string());
                check_compiled(std::move(builder).build());
            }
}

TEST_CASE("products take post-ops along") {
    for (const MatMulCase& row : kMatMulCases) {
        CAPTURE(text_of(row));
        GraphBuilder builder(false);
        const Shape row_shape = row.result.rank() > 0 ? Shape{row.result[-1]} : Shape{};
        const ValueId a = add_input(builder, row.a, layouts_of(row.a).back());
        const ValueId residual = add_input(builder, row.result);
        const ValueId scale = add_input(builder, row_shape);
        const ValueId bias = builder.constant("bias", random_tensor(row_shape, 6));
        const ValueId half = builder.constant("half", tensor({}, {0.5}));
        const ValueId b = builder.constant("b", random_tensor(row.b, 5));
        builder.output(builder.add("MatMul", {a, b}));
        Graph graph = std::move(builder).build();
        append_post_op(graph, "Add", bias);
        append_post_op(graph, "Gelu");
        append_post_op(graph, "Mul", scale);
        append_post_op(graph, "HardSigmoid");
        append_post_op(graph, "Add", residual);
        append_post_op(graph, "Sub", half);
        check_compiled(graph);
    }
}

TEST_CASE("the product of a ConvNeXt block runs fast, in the layout it finds") {
    GraphBuilder builder(false);
    const ValueId x = add_input(builder, {1, 17, 13, 96}, Layout::kTransposed);
    const ValueId bias = builder.constant("bias", random_tensor({384}, 6));
    const ValueId w = builder.constant("w", random_tensor({96, 384}, 5));
    builder.output(builder.add("Transpose", {builder.add("MatMul", {x, w}, {}, "y")},
                               {{"perm", std::vector<std::int64_t>{0, 3, 1, 2}}}));
    Graph graph = std::move(builder).build();
    for (Node& node : graph.nodes)
        if (node.name == "y") {
            node.post_ops = {{find_op("Add"), {}, 2}, {find_op("Gelu"), {}, -1}};
            node.inputs.push_back(bias);
        }
    check_compiled(graph);
    for (const StepReport& step : CompiledModel::compile(graph)->steps()) {
        CAPTURE(step.description);
        const bool product = step.description.find("MatMul") != std::string::npos;
        if (product) CHECK(step.description.find("loop") == std::string::npos);
    }
}

TEST_CASE("Gemm computes the same compiled") {
    for (const bool transpose_a : {false, true})
        for (const bool transpose_b : {false, true})
            for (const Shape& c_shape : {Shape{1}, Shape{37}, Shape{1, 37}, Shape{9, 1}, Shape{9, 37}})
                for (const bool constant : {false, true})
                    for (const Attributes& scales : {Attributes{}, {{"beta", 2.f}}, {{"alpha", 0.5f}}}) {
                        CAPTURE(transpose_a);
                        CAPTURE(transpose_b);
                        CAPTURE(c_shape.to_string());
                        CAPTURE(constant);
                        GraphBuilder builder(false);
                        const auto add = [&](const Shape& shape) {
                            return constant
                                       ? builder.constant("c" + shape.to_string(), random_tensor(shape, 5))
                                       : add_input(builder, shape);
                        };
                        Attributes attributes = scales;
                        attributes.set("transA", std::int64_t{transpose_a});
                        attributes.set("transB", std::int64_t{transpose_b});
                        const ValueId a = add_input(builder, transpose_a ? Shape{21, 9} : Shape{9, 21});
                        const ValueId b = add(transpose_b ? Shape{37, 21} : Shape{21, 37});
                        builder.output(
                            builder.add("Relu", {builder.add("Gemm", {a, b, add(c_shape)}, attributes)}));
                        check_compiled(std::move(builder).build());
                    }
}

TEST_CASE("a product's answers do not depend on its batch") {
    GraphBuilder builder;
    const ValueId x = builder.input("x", f32({1, 3000}));
    const ValueId w = builder.constant("w", random_tensor({100, 3000}, 1));
    builder.output(builder.add("Gemm", {x, w}, {{"transB", kYes}}));
    const Graph graph = std::move(builder).build();
    Executor executor(CompiledModel::compile(graph, {.max_batch = 32}));
    const Tensor row = random_tensor({1, 3000}, 2);
    Tensor alone;
    for (const std::int64_t rows : {1, 2, 3, 8, 32}) {
        CAPTURE(rows);
        Tensor batch(DataType::kFloat32, {rows, 3000});
        for (std::int64_t i = 0; i < rows; ++i)
            std::copy_n(row.data<float>(), 3000, batch.mutable_data<float>() + i * 3000);
        const Tensor y = executor.run({batch}).at(0);
        if (rows == 1) alone = y;
        for (std::int64_t i = 0; i < rows; ++i)
            CHECK(std::equal(alone.data<float>(), alone.data<float>() + 100, y.data<float>() + i * 100));
    }
}

TEST_CASE("products refuse factors that do not fit") {
    check_refused("MatMul", {f32({2, 3}), f32({2, 3})}, {}, "factors 2x3 and 2x3 do not multiply");
    check_refused("MatMul", {f32({}), f32({2, 3})}, {}, "factors scalar and 2x3 do not multiply");
    check_refused("MatMul", {f32({2, 4, 3}), f32({5, 3, 2})}, {}, "shapes 2 and 5 do not broadcast");
    check_refused("MatMul", {{DataType::kInt64, {2, 3}}, f32({3, 2})}, {}, "input 0 is int64");
    check_refused("Gemm", {f32({2, 3, 4}), f32({4, 2})}, {}, "factors are 2x3x4 and 4x2, expected rank 2");
    check_refused("Gemm", {f32({2, 3}), f32({3, 4})}, {{"transB", kYes}},
                  "factors 2x3 and 3x4 (transposed) do not multiply");
    check_refused("Gemm", {f32({2, 3}), f32({3, 4}), f32({2})}, {}, "shapes 2 and 2x4 do not broadcast");
    check_refused("Gemm", {f32({1, 3}), f32({3, 4}), f32({2, 4})}, {},
                  "C is 2x4, expected to broadcast to 1x4");
    check_refused("Gemm", {f32({2, 3}), f32({3, 4})}, {{"alpha", kYes}}, "\"alpha\" is of kind int");
}
