// Covers batch_plan, batch_plan_compiler, compiled_model, context, weights_store.
#include "runtime/exec/executor.h"

#include "graph/builder.h"
#include "graph/interpreter.h"

#include <dyce/error.h>

#include <doctest/doctest.h>

#include <algorithm>

using namespace dyce;

namespace {

Graph relu_chain() {
    GraphBuilder builder;
    const ValueId x = builder.input("x", {DataType::kFloat32, {1, 4}});
    builder.output(builder.add("Relu", {builder.add("Relu", {x})}, {}, "y"));
    return std::move(builder).build();
}

}  // namespace

TEST_CASE("a compiled graph answers for every number of rows up to the largest batch") {
    for (const bool reference : {false, true}) {
        Executor executor(
            CompiledModel::compile(relu_chain(), {.max_batch = 4, .reference_kernels = reference}));
        for (int rows = 1; rows <= 4; ++rows) {
            auto input = executor.input(rows);
            REQUIRE(input.size() == static_cast<std::size_t>(4 * rows));
            for (std::size_t i = 0; i < input.size(); ++i)
                input[i] = i % 2 == 0 ? -1.f : static_cast<float>(i);
            const auto output = executor.run(rows);
            REQUIRE(output.size() == input.size());
            for (std::size_t i = 0; i < output.size(); ++i)
                CHECK(output[i] == (i % 2 == 0 ? 0.f : static_cast<float>(i)));
        }
        CHECK_THROWS_AS(executor.input(5), Error);
        CHECK_THROWS_AS(executor.run(0), Error);
    }
}

TEST_CASE("a batch too big for the caches goes in parts, and every row has its answer") {
    constexpr std::int64_t kWide = std::int64_t{4} << 20;  // 16 MiB a row
    GraphBuilder builder;
    const ValueId x = builder.input("x", {DataType::kFloat32, {1, kWide}});
    const ValueId clipped = builder.add("Relu", {x});
    builder.output(builder.add("Neg", {clipped}, {}, "y"));
    builder.output(builder.add("ReduceSum", {clipped}, {{"axes", std::vector<std::int64_t>{1}}}, "sum"));
    const auto model = CompiledModel::compile(std::move(builder).build(), {.max_batch = 3});
    CHECK(model->rows_at_once() == 1);
    Executor executor(model);
    const auto value = [](std::int64_t row, std::int64_t i) {
        return i % 1024 == 0 ? static_cast<float>(row + 1) : -1.f;
    };
    Tensor images(DataType::kFloat32, {3, kWide});
    for (std::int64_t row = 0; row < 3; ++row)
        for (std::int64_t i = 0; i < kWide; ++i)
            images.mutable_data<float>()[row * kWide + i] = value(row, i);
    const auto outputs = executor.run({images});
    REQUIRE(outputs[0].shape() == Shape{3, kWide});
    REQUIRE(outputs[1].shape() == Shape{3, 1});
    const auto input = executor.input(3);
    std::copy_n(images.data<float>(), input.size(), input.data());
    const auto answers = executor.run(3);
    REQUIRE(answers.size() == input.size());
    for (std::int64_t row = 0; row < 3; ++row) {
        CHECK(outputs[1].data<float>()[row] == static_cast<float>(4096 * (row + 1)));
        for (const std::int64_t i : {std::int64_t{0}, std::int64_t{1}, kWide - 1024, kWide - 1}) {
            const float expected = -std::max(value(row, i), 0.f);
            CHECK(outputs[0].data<float>()[row * kWide + i] == expected);
            CHECK(answers[static_cast<std::size_t>(row * kWide + i)] == expected);
        }
    }
    CHECK_THROWS_AS(executor.input(4), Error);
}

TEST_CASE("raw runs check number, type and shape of their inputs") {
    Executor executor(CompiledModel::compile(relu_chain(), {.max_batch = 2}));
    const Tensor two = Tensor::of({2, 4}, {-1, 2, 3, 4, 5, -6, 7, 8});
    const auto outputs = executor.run({two});
    REQUIRE(outputs.size() == 1);
    CHECK(outputs[0].shape() == Shape{2, 4});
    CHECK(outputs[0].data<float>()[5] == 0);
    CHECK_THROWS_WITH_AS(executor.run({}), doctest::Contains("0 given, expected 1"), Error);
    CHECK_THROWS_WITH_AS(executor.run({Tensor::of({1, 3}, {1, 2, 3})}),
                         doctest::Contains("1x3 given, expected float32 1x4"), Error);
    CHECK_THROWS_AS(executor.run({Tensor(DataType::kFloat32, {3, 4})}), Error);
}
