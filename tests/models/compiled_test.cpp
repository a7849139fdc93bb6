// Each backbone with random weights: the compiled network against the operators' plain loops. Large ones that
// differ from another in numbers only, AlexNet and VGG are left to tools/compare_torchvision.py.
#include "graph/interpreter.h"
#include "graph/passes/passes.h"
#include "models/backbones.h"
#include "runtime/exec/executor.h"
#include "tests/models/random_parameters.h"
#include "tests/support/tensors.h"

#include <doctest/doctest.h>

#include <algorithm>

using namespace dyce;

namespace {

constexpr std::string_view kLeftOut[] = {
    "alexnet",         "vgg11",           "vgg11_bn",        "vgg16",       "vgg16_bn",
    "efficientnet_b1", "efficientnet_b2", "efficientnet_b3", "densenet169", "deit_small",
    "vit_b_16",        "wide_resnet50_2", "resnext50_32x4d"};

bool is_left_out(std::string_view name) {
    return std::find(std::begin(kLeftOut), std::end(kLeftOut), name) != std::end(kLeftOut);
}

/// The smallest side of an image that it takes, or 32.
int smallest_side(std::string_view name) { return name == "inception_v3" ? 75 : 32; }

}  // namespace

TEST_CASE("compiled backbones agree with the plain loops") {
    constexpr int kImages = 2;
    for (const Backbone& backbone : backbones()) {
        if (is_left_out(backbone.name)) continue;
        CAPTURE(backbone.name);
        const int side = smallest_side(backbone.name);
        const Tensor images = test::random_images({kImages, 3, side, side}, 7);
        Graph graph = build_backbone(backbone, test::random_parameters(11), 10, {3, side, side});
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
