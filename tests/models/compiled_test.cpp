// Each backbone with random weights: the compiled network against the operators' plain loops.
#include "graph/interpreter.h"
#include "graph/passes/passes.h"
#include "models/backbones.h"
#include "runtime/exec/executor.h"
#include "tests/models/random_parameters.h"
#include "tests/support/tensors.h"

#include <doctest/doctest.h>

using namespace dyce;

TEST_CASE("compiled backbones agree with the plain loops") {
    constexpr int kImages = 2;
    constexpr int kSide = 32;  // the smallest that all of them take
    const Tensor images = test::random_images({kImages, 3, kSide, kSide}, 7);
    for (const Backbone& backbone : backbones()) {
        CAPTURE(backbone.name);
        Graph graph = build_backbone(backbone, test::random_parameters(11), 10, {3, kSide, kSide});
        const Tensor expected = interpret(graph, {images})[0];
        REQUIRE(expected.shape() == Shape{kImages, 10});
        const float scale = test::largest_magnitude(expected);
        // Logits that hardly depend on the image would hide mistakes in all layers but the last.
        CHECK(std::abs(expected.data<float>()[0] - expected.data<float>()[10]) > 1e-3F * scale);

        simplify(graph);
        Executor executor(CompiledModel::compile(graph, {.max_batch = kImages, .threads = 1}));
        CHECK(test::largest_difference(executor.run({images})[0], expected) <= 1e-4F * scale);
    }
}
