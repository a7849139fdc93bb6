// The built-in backbones through the executor: what they need and what they answer.
#include "models/backbones.h"
#include "graph/interpreter.h"
#include "graph/passes/passes.h"
#include "runtime/exec/compiled_model.h"
#include "tests/runtime/exec/bare.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <random>
#include <string>

using namespace dyce;

namespace {

// Weights of a size that keeps activations near 1, and statistics of batch norms that are not trivial.
Graph random_backbone(const std::string& name) {
    auto random = std::make_shared<std::mt19937>(11);
    const auto source = [random](const std::string& parameter, const Shape& shape) {
        Tensor tensor(DataType::kFloat32, shape);
        const double fan_in = static_cast<double>(shape.elements()) / static_cast<double>(shape[0]);
        const bool positive = shape.rank() == 1 && parameter.find("bias") == std::string::npos;
        std::normal_distribution<double> normal(0, shape.rank() == 1 ? 0.2 : std::sqrt(1.5 / fan_in));
        for (std::int64_t i = 0; i < tensor.elements(); ++i) {
            const double x = normal(*random);
            tensor.mutable_data<float>()[i] = static_cast<float>(positive ? 0.9 + std::abs(x) : x);
        }
        return tensor;
    };
    const Backbone& backbone = find_backbone(name);
    Graph graph = build_backbone(backbone, source, 10, backbone.input());
    simplify(graph);
    return graph;
}

}  // namespace

TEST_CASE("the activation plan of a built-in backbone does not grow by more than 3 %") {
    // Bytes for one image with the plain loops, whose layouts do not depend on the machine.
    struct Row {
        const char* name;
        std::size_t bytes;
    };
    const Row rows[] = {
        {"resnet18", 4'014'080},           {"resnet50", 7'225'344},        {"mobilenet_v2", 6'021'120},
        {"mobilenet_v3_large", 4'014'080}, {"efficientnet_b0", 6'021'120}, {"squeezenet1_1", 3'928'576},
        {"convnextv2_atto", 5'017'600},    {"cifar_resnet56", 196'608},
    };
    for (const Row& row : rows) {
        CAPTURE(std::string(row.name));
        const auto model = CompiledModel::compile(random_backbone(row.name), {.reference_kernels = true});
        CHECK(static_cast<double>(model->arena_bytes()) <= 1.03 * static_cast<double>(row.bytes));
    }
}

TEST_CASE("built-in backbones run without allocating, beyond what oneDNN does inside its primitives") {
    for (const char* name : {"cifar_resnet20", "mobilenet_v3_small", "squeezenet1_1", "convnextv2_atto"}) {
        CAPTURE(std::string(name));
        const auto model = CompiledModel::compile(random_backbone(name), {.threads = 1});
        CHECK(test::allocations_of_a_run(model, 1) == test::allocations_of_bare_primitives(model, 1));
    }
}

TEST_CASE("a row of a built-in backbone's answer does not depend on its batch, and equals the plain loops") {
    const Graph graph = random_backbone("cifar_resnet20");
    Executor executor(CompiledModel::compile(graph, {.max_batch = 8}));
    std::mt19937 random(3);
    std::normal_distribution<float> normal;
    Tensor images(DataType::kFloat32, {8, 3, 32, 32});
    for (std::int64_t i = 0; i < images.elements(); ++i) images.mutable_data<float>()[i] = normal(random);
    const Tensor expected = interpret(graph, {images})[0];
    const std::size_t row = 3 * 32 * 32;
    for (int rows = 1; rows <= 8; ++rows) {
        std::memcpy(executor.input(rows).data(), images.bytes(),
                    static_cast<std::size_t>(rows) * row * sizeof(float));
        const auto logits = executor.run(rows);
        for (std::size_t i = 0; i < logits.size(); ++i)
            CHECK(logits[i] == doctest::Approx(expected.data<float>()[i]).epsilon(1e-4));
    }
    for (int first = 0; first < 8; ++first) {  // alone = in the batch of 8, bit for bit
        std::memcpy(executor.input(8).data(), images.bytes(), 8 * row * sizeof(float));
        const auto batch = executor.run(8);
        const std::vector<float> together(batch.begin(), batch.end());
        std::memcpy(executor.input(1).data(), images.data<float>() + static_cast<std::size_t>(first) * row,
                    row * sizeof(float));
        const auto alone = executor.run(1);
        CHECK(std::memcmp(alone.data(), together.data() + first * 10, 10 * sizeof(float)) == 0);
    }
}
