// Covers runtime/core/{bfloat16, precision}.
// bfloat16: what it rounds, what it leaves exact, and what does not depend on the batch.
#include "graph/builder.h"
#include "graph/interpreter.h"
#include "runtime/core/onednn/compat.h"
#include "runtime/exec/executor.h"
#include "tests/runtime/flow/exit_net.h"

#include <dyce/error.h>

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>

using namespace dyce;
using namespace dyce::test;

namespace {

const CompileOptions kNarrow{.max_batch = 8, .precision = Precision::kBfloat16};

// Numbers that bfloat16 holds: 1 + 7 bits.
Tensor short_numbers(const Shape& shape, unsigned seed) {
    std::mt19937 random(seed);
    Tensor tensor(DataType::kFloat32, shape);
    for (std::int64_t i = 0; i < tensor.elements(); ++i)
        tensor.mutable_data<float>()[i] = static_cast<float>(static_cast<int>(random() % 255) - 127) / 64;
    return tensor;
}

bool available() {
    if (onednn::has_bfloat16()) return true;
    MESSAGE("skipped: no bfloat16 instructions");
    return false;
}

}  // namespace

TEST_CASE("precisions have names") {
    CHECK(parse_precision("f32", "here") == Precision::kFloat32);
    CHECK(parse_precision("bf16", "here") == Precision::kBfloat16);
    CHECK(parse_precision("int8", "here") == Precision::kInt8);
    CHECK_THROWS_WITH_AS(parse_precision("f16", "here"), "here: \"f16\" given, expected f32, bf16 or int8",
                         Error);
}

TEST_CASE("bfloat16 is refused where the processor lacks it") {
    const Graph graph = make_exit_net(1).graph;
    if (onednn::has_bfloat16())
        CHECK_NOTHROW(CompiledModel::compile(graph, kNarrow));
    else
        CHECK_THROWS_WITH_AS(CompiledModel::compile(graph, kNarrow), doctest::Contains("no bfloat16"), Error);
}

TEST_CASE("bfloat16 convolutions add up exactly and round once") {
    if (!available()) return;
    for (const std::int64_t group : {1, 32})
        for (const bool residual : {false, true}) {
            GraphBuilder g;
            const ValueId x = g.input("x", {DataType::kFloat32, {1, 32, 9, 7}});
            ValueId y = g.add("Conv",
                              {x, g.constant("w", short_numbers({32, 32 / group, 3, 3}, 1)),
                               g.constant("b", short_numbers({32}, 2))},
                              {{"group", group}, {"pads", std::vector<std::int64_t>{1, 1, 1, 1}}});
            if (residual) y = g.add("Add", {y, x});
            g.output(g.add("Relu", {y}, {}, "y"));
            const Graph graph = std::move(g).build();
            const Tensor images = short_numbers({8, 32, 9, 7}, 3);
            const Tensor expected = interpret(graph, {images})[0];
            const Tensor actual = Executor(CompiledModel::compile(graph, kNarrow)).run({images})[0];
            REQUIRE(actual.elements() == expected.elements());
            for (std::int64_t i = 0; i < actual.elements(); ++i) {
                const float exact = expected.data<float>()[i], found = actual.data<float>()[i];
                CHECK(std::abs(found - exact) <= std::abs(exact) / 256 + 1e-4f);
                std::uint32_t bits = 0;
                std::memcpy(&bits, &found, sizeof bits);
                CHECK((bits & 0xFFFF) == 0);  // it is a bfloat16
            }
        }
}

TEST_CASE("bfloat16 answers come near those of float32 and do not depend on the batch") {
    if (!available()) return;
    const ExitNet net = make_exit_net(4);
    const Tensor images = short_numbers({8, 3, 8, 8}, 5);
    const auto expected = interpret(net.graph, {images});
    const auto compiled = CompiledModel::compile(net.graph, kNarrow);
    Executor executor(compiled);
    const auto together = executor.run({images});
    for (std::size_t output = 0; output < expected.size(); ++output) {
        float largest = 0, difference = 0;
        for (std::int64_t i = 0; i < expected[output].elements(); ++i) {
            const float exact = expected[output].data<float>()[i];
            largest = std::max(largest, std::abs(exact));
            difference = std::max(difference, std::abs(together[output].data<float>()[i] - exact));
        }
        CAPTURE(output);
        CHECK(difference < 0.05f * largest);
        CHECK(difference > 1e-6f * largest);  // the backbone did compute in bfloat16
    }
    const std::size_t row = 3 * 8 * 8;
    for (std::int64_t i = 0; i < 8; ++i) {
        Tensor one(DataType::kFloat32, {1, 3, 8, 8});
        std::memcpy(one.mutable_data<float>(), images.data<float>() + static_cast<std::size_t>(i) * row,
                    row * sizeof(float));
        const auto alone = executor.run({one});
        for (std::size_t output = 0; output < alone.size(); ++output)
            CHECK(std::memcmp(alone[output].bytes(), together[output].data<float>() + i * 5,
                              5 * sizeof(float)) == 0);
    }
}
