#include "runtime/exec/executor.h"

#include "graph/builder.h"
#include "graph/interpreter.h"

#include <dyce/error.h>

#include <doctest/doctest.h>

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
