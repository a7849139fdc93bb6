// State dicts whose logits others computed: torchvision, plain NumPy, and recorded PyTorch runs.
#include "graph/interpreter.h"
#include "graph/passes/passes.h"
#include "loaders/format/npy.h"
#include "loaders/import/state_dict.h"
#include "loaders/npz/npz.h"
#include "runtime/exec/executor.h"
#include "tests/support/support.h"
#include "tests/support/tensors.h"

#include <doctest/doctest.h>

using namespace dyce;

namespace {

/// The plain loops, which are slow, on the first image; the compiled network on all of them.
void check_logits(const std::string& weights, const std::string& architecture, const Tensor& images,
                  const Tensor& expected, float tolerance) {
    CAPTURE(architecture);
    Graph graph = import_state_dict(weights, architecture, Shape{3, images.shape()[2], images.shape()[3]});
    const Tensor plain = interpret(graph, {test::first_rows(images, 1)})[0];
    CHECK(test::largest_difference(plain, test::first_rows(expected, 1)) <= tolerance);
    simplify(graph);
    const auto rows = static_cast<int>(images.shape()[0]);
    Executor executor(CompiledModel::compile(graph, {.max_batch = rows}));
    CHECK(test::largest_difference(executor.run({images})[0], expected) <= tolerance);
}

/// Has `script` of this folder write weights and logits of the architectures, and checks ours against them.
void check_script(const std::string& script, const std::vector<std::string>& architectures) {
    const test::TempFolder folder;
    std::string command =
        "/usr/bin/python3 -B " DYCE_SOURCE_DIR "/tests/models/" + script + " " + folder.path().string();
    for (const std::string& architecture : architectures) command += " " + architecture;
    REQUIRE(std::system(command.c_str()) == 0);
    for (const std::string& architecture : architectures) {
        const std::string stem = folder / architecture;
        const Tensor expected = read_npy(stem + "_logits.npy");
        check_logits(stem + ".safetensors", architecture, read_npy(stem + "_pictures.npy"), expected,
                     1e-4F * test::largest_magnitude(expected));
    }
}

/// The same with images and logits that come with pretrained weights.
void check_recorded(const std::string& stem, const std::string& architecture, float tolerance) {
    const NpzReader recorded(stem + "_reference.npz");
    check_logits(stem + ".safetensors", architecture, recorded.read("input"), recorded.read("logits"),
                 tolerance);
}

}  // namespace

TEST_CASE("ResNets give torchvision's logits") {
    if (!test::have_python("torchvision")) return;
    check_script("torchvision_reference.py", {"resnet18", "resnet34", "resnet50", "resnet101", "resnet152"});
}

TEST_CASE("small networks give torchvision's logits") {
    if (!test::have_python("torchvision")) return;
    check_script("torchvision_reference.py", {"mobilenet_v2", "mobilenet_v3_small", "mobilenet_v3_large",
                                              "efficientnet_b0", "squeezenet1_1"});
}

TEST_CASE("networks of branches, groups and attention give torchvision's logits") {
    if (!test::have_python("torchvision")) return;
    check_script("torchvision_reference.py",
                 {"resnext50_32x4d", "efficientnet_b1", "googlenet", "densenet121", "shufflenet_v2_x1_0",
                  "mnasnet1_0", "regnet_y_400mf", "deit_tiny", "swin_t"});
}

TEST_CASE("ConvNeXt V2 gives the logits of a plain NumPy forward") {
    if (!test::have_python("numpy")) return;
    check_script("convnextv2_reference.py", {"convnextv2_atto", "convnextv2_tiny"});
}

TEST_CASE("attention networks give the logits of a plain NumPy forward") {
    if (!test::have_python("numpy")) return;
    check_script("attention_reference.py", {"deit_tiny", "swin_t"});
}

TEST_CASE("pretrained networks give the recorded logits") {
    const auto shared = test::shared_folder();
    if (shared.empty()) return;
    const std::string assets = shared / "assets";
    check_recorded(assets + "/cifar10/cifar10_resnet20", "cifar_resnet20", 1e-4F);
    check_recorded(assets + "/cifar10/cifar10_resnet56", "cifar_resnet56", 1e-4F);
    check_recorded(assets + "/imagenet/squeezenet1_1", "squeezenet1_1", 1e-3F);  // logits up to 300
}
