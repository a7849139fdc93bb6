// What PyTorch's exporter writes is recognised, whatever its operator set.
#include "graph/passes/passes.h"
#include "loaders/import/onnx/onnx_import.h"
#include "tests/graph/net.h"
#include "tests/support/support.h"

#include <doctest/doctest.h>

using namespace dyce;
using namespace dyce::test;

TEST_CASE("simplify and fuse what PyTorch exports") {
    if (!have_python("torch")) return;
    const TempFolder folder;
    const std::string command = "/usr/bin/python3 " DYCE_SOURCE_DIR "/tests/graph/exports.py " +
                                folder.path().string() + " >/dev/null 2>&1";
    REQUIRE(std::system(command.c_str()) == 0);

    const struct {
        std::string name, simple, fused;
    } rows[] = {
        {"gelu", "Gelu", "Gelu"},
        {"gelu_tanh", "Gelu", "Gelu"},
        {"gelu_by_hand", "Gelu", "Gelu"},
        {"quick_gelu", "Swish", "Swish"},
        {"silu", "Swish", "Swish"},
        {"hard_swish_11", "HardSwish", "HardSwish"},
        {"hard_swish_14", "HardSwish", "HardSwish"},
        {"hard_swish_by_hand", "HardSwish", "HardSwish"},
        {"hard_sigmoid_by_hand", "HardSigmoid", "HardSigmoid"},
        {"layer_norm_11", "LayerNormalization", "LayerNormalization"},
        {"layer_norm_17", "LayerNormalization", "LayerNormalization"},
        {"layer_scale_block", "Conv Transpose LayerNormalization MatMul Add Gelu MatMul Add Transpose Add",
         "Conv Transpose LayerNormalization MatMul+Add+Gelu MatMul+Add Transpose Add"},
        {"response_norm", "Transpose GlobalResponseNormalization Transpose",
         "Transpose GlobalResponseNormalization Transpose"},
        {"residual", "Conv Relu Conv Add Relu", "Conv+Relu Conv+Add+Relu"},
        {"classifier", "GlobalAveragePool Flatten Gemm", "PooledMlp"},
        {"scaled_batch_norm", "Conv", "Conv"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.name);
        Graph graph = import_onnx(folder / (row.name + ".onnx"));
        const Graph imported = graph;
        simplify(graph);
        check_same(imported, graph);
        CHECK(line(graph) == row.simple);
        fuse(graph);
        check_same(imported, graph);
        CHECK(line(graph) == row.fused);
    }
}
