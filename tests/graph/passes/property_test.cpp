// Covers match, passes, permutation, pipeline, reduced_axes, remove_dead_code, rewriter, graph/interpreter.
// What holds for every pass on every graph, tried on random ones.
#include "graph/passes/passes.h"
#include "graph/verify.h"
#include "tests/graph/net.h"
#include "tests/graph/random_graph.h"

#include <doctest/doctest.h>

using namespace dyce;
using namespace dyce::test;

namespace {

constexpr unsigned kGraphs = 300;

struct NamedPass {
    const char* name;
    bool (*run)(Graph&);
};

constexpr NamedPass kPasses[] = {{"fold_affine", fold_affine},
                                 {"fold_constants", fold_constants},
                                 {"fuse_pooled_mlp", fuse_pooled_mlp},
                                 {"fuse_post_ops", fuse_post_ops},
                                 {"join_clips", join_clips},
                                 {"recognize_gelu", recognize_gelu},
                                 {"recognize_hard_swish", recognize_hard_swish},
                                 {"recognize_layer_norm", recognize_layer_norm},
                                 {"recognize_response_norm", recognize_response_norm},
                                 {"recognize_swish", recognize_swish},
                                 {"remove_dead_code", remove_dead_code},
                                 {"remove_identities", remove_identities},
                                 {"sink_transposes", sink_transposes}};

}  // namespace

TEST_CASE("each pass alone keeps outputs, names and multiply-adds of random graphs") {
    for (const NamedPass& pass : kPasses) {
        CAPTURE(std::string(pass.name));
        int changed = 0;
        for (unsigned seed = 0; seed < kGraphs; ++seed) {
            CAPTURE(seed);
            const Graph graph = random_graph(seed);
            Graph rewritten = graph;
            if (!pass.run(rewritten)) continue;
            ++changed;
            check_same(graph, rewritten);
            CHECK_FALSE(pass.run(rewritten));  // one sweep finds everything
        }
        // The generator leaves no dead code; every other pass must have met something to do.
        if (pass.run != remove_dead_code) CHECK(changed > static_cast<int>(kGraphs) / 20);
    }
}

TEST_CASE("simplify and fuse keep outputs, names and multiply-adds of random graphs") {
    for (unsigned seed = 0; seed < kGraphs; ++seed) {
        CAPTURE(seed);
        const Graph graph = random_graph(seed);
        Graph simple = graph;
        simplify(simple);
        check_same(graph, simple);
        Graph again = simple;
        for (const NamedPass& pass : kPasses)
            if (pass.run != fuse_post_ops && pass.run != fuse_pooled_mlp) CHECK_FALSE(pass.run(again));
        Graph fused = simple;
        fuse(fused);
        check_same(graph, fused);
        CHECK(fused.nodes.size() <= simple.nodes.size());
    }
}

TEST_CASE("simplify takes time in proportion to the graph") {
    // 20,000 nodes; a quadratic pass would need minutes here, and the limit of a test is ten.
    Net net;
    ValueId x = net.input({1, 2, 1, 1});
    for (int i = 0; i < 5000; ++i) {
        x = net.op("Mul", {x, net.op("Sigmoid", {net.op("Identity", {x})})});
        x = net.op("Relu", {x});
    }
    Graph graph = std::move(net).build({x});
    REQUIRE(graph.nodes.size() == 20'000);
    simplify(graph);
    CHECK(graph.nodes.size() == 10'000);
    fuse(graph);
}
