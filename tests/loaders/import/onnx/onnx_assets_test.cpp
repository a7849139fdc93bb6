// The networks of ../shared, imported and run by plain loops, against the outputs recorded with PyTorch.
#include "graph/interpreter.h"
#include "loaders/import/onnx/onnx_import.h"
#include "loaders/npz/npz.h"
#include "tests/support/support.h"
#include "tests/support/tensors.h"

#include <doctest/doctest.h>

using namespace dyce;
using namespace dyce::test;

namespace {

struct Network {
    std::string path;
    std::vector<std::string> outputs;
    std::int64_t images;  ///< plain loops are slow
    float tolerance;      ///< of the largest output
};

}  // namespace

TEST_CASE("every network gives its recorded outputs") {
    const auto shared = shared_folder();
    if (shared.empty()) return;
    const Network networks[] = {
        {"cifar10/cifar10_resnet20", {"logits"}, 4, 1e-5f},
        {"cifar10/cifar10_resnet56", {"logits"}, 2, 1e-5f},
        {"cifar10/resnet8_2ee", {"exit0", "logits"}, 4, 1e-5f},
        {"cifar100/micronet_ee", {"exit0", "logits"}, 1, 1e-4f},
        {"imagenet/squeezenet1_1", {"logits"}, 1, 1e-5f},
        {"imagenet/mobilenet_v2", {"logits"}, 1, 1e-5f},
    };
    for (const Network& network : networks) {
        CAPTURE(network.path);
        const std::string base = (shared / "assets" / network.path).string();
        const Graph graph = import_onnx(base + ".onnx");
        const NpzReader reference(base + "_reference.npz");
        const auto outputs = interpret(graph, {first_rows(reference.read("input"), network.images)});
        REQUIRE(outputs.size() == network.outputs.size());
        for (std::size_t i = 0; i < outputs.size(); ++i) {
            CHECK(graph.value(graph.outputs[i]).name == network.outputs[i]);
            check_close_to_largest(outputs[i], first_rows(reference.read(network.outputs[i]), network.images),
                                   network.tolerance);
        }
    }
}
