#include "models/window_case.h"

#include "tests/ops/compiled.h"

using namespace dyce;
using namespace dyce::test;
using Ints = std::vector<std::int64_t>;

TEST_CASE("a line of text describes a Conv or a pool") {
    const WindowCase conv("n2c16h9w8_oc32k3kw5s2p1pe0g4dlw3_relu_add");
    CHECK(conv.op->name == "Conv");
    CHECK(conv.input == Shape{2, 16, 9, 8});
    CHECK(conv.weights() == Shape{32, 4, 3, 5});
    CHECK(conv.conv_attributes() == Attributes{{"kernel_shape", Ints{3, 5}},
                                               {"strides", Ints{2, 2}},
                                               {"dilations", Ints{1, 3}},
                                               {"pads", Ints{1, 1, 0, 0}},
                                               {"group", 4}});
    REQUIRE(conv.followers.size() == 2);
    CHECK(conv.followers[0]->name == "Relu");
    CHECK(conv.followers[1]->name == "Add");

    const WindowCase pool("c3w7_k2_averagepool_hardswish");
    CHECK(pool.op->name == "AveragePool");
    CHECK(pool.input == Shape{1, 3, 7});
    CHECK(pool.kernel == Ints{2});
    REQUIRE(pool.followers.size() == 1);
    CHECK(pool.followers[0]->name == "HardSwish");
}

TEST_CASE("its graph is just that") {
    const Graph graph = WindowCase("n2c16h9w9_oc32k3s2p1g4_add_relu").graph();
    CHECK(graph.inputs.size() == 2);
    CHECK(count_macs(graph) == 2 * 32 * 5 * 5 * 9 * 4);
    CHECK(infer_types(graph)[static_cast<std::size_t>(graph.outputs[0])] == f32({2, 32, 5, 5}));
    check_compiled(graph);
    const Graph pool = WindowCase("c3h6w7_k3s2_maxpool").graph();
    CHECK(count_macs(pool) == 0);
    CHECK(infer_types(pool)[static_cast<std::size_t>(pool.outputs[0])] == f32({1, 3, 2, 3}));
    check_compiled(pool);
}

TEST_CASE("what is wrong in a line is named") {
    const std::pair<std::string, std::string> rows[] = {
        {"", "has no input size"},
        {"c3_k2", "has no input size"},
        {"w9_q3", "no word \"q\", expected one of n c d h w"},
        {"w9k3w9", "\"w\" is given twice"},
        {"w9_k1048577", "k is 1048577, expected at most 1048576"},
        {"w99999999999999999999", "w is 99999999999999999999"},
        {"w9_3", "no word \"\""},
        {"w-9", "no word \"w-\""},
        {"w9_rellu", "no operator \"rellu\" here; the nearest is relu"},
        {"w9_relu_maxpool", "no operator \"maxpool\" here"},
        {"c6w9_g4", "g is 4, expected a divisor of c"},
        {"c6w9_g0", "g is 0"},
        {"c6w9_oc3k2_maxpool", "oc and g belong to Conv only"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.first);
        check_throws([&] { const WindowCase parsed(row.first); }, ErrorCode::kUsage, row.second);
    }
}
