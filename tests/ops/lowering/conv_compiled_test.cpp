// Covers post_ops, window, winograd.
// Conv compiled, alone and with other work fused into it, against its plain loops.
#include "models/window_case.h"
#include "runtime/core/onednn/compat.h"
#include "tests/ops/compiled.h"

using namespace dyce;
using namespace dyce::test;

namespace {

const std::vector<std::string> kRows = {
    "w9_k3",
    "n2c3w11_oc4k3s2p1",
    "c3h33w31_oc16k7s2p3",
    "c1h12w12_oc8k3",
    "c4h9w9_oc16k3p1",
    "n3c24h14w14_oc40k1",
    "n2c32h9w9_oc64k3p1",
    "c64h14w13_oc48k3p1",
    "n3c32h12w17_oc32k3",
    "c64h8w8_oc64k1s2",
    "n2c17h7w9_oc13k3p1",
    "n2c32h10w10_oc64k3s2p1g4",
    "n2c16h12w10_g16k3p1",
    "c24h11w11_g24k5s2p2",
    "n2c96h7w7_g96k7p3",
    "c13h9w9_g13k3dl2p2",
    "c6h9w8_oc12g6k3p1s2sw1",
    "c8h12w12_oc8k3dl2p2",
    "c8h9w9_oc8k3s2p0pe1",
    "c16h5w5_oc16k5",
    "c16h2w2_oc16k3p2",
    "n2c4d5h6w7_oc8k3p1",
    "c16d4h5w6_g16k3s2p1",
};

struct ConvGraph {
    GraphBuilder builder{false};
    ValueId output = -1;

    explicit ConvGraph(const WindowCase& row, Layout layout = Layout::kRowMajor, bool biased = true) {
        const Shape weights = row.weights();
        const float scale = 1.f / std::sqrt(static_cast<float>(weights.elements() / row.outputs));
        std::vector<ValueId> inputs{add_input(builder, row.input, layout),
                                    builder.constant("weights", random_tensor(weights, 11, -scale, scale))};
        if (biased) inputs.push_back(builder.constant("bias", random_tensor({row.outputs}, 12)));
        output = builder.add("Conv", inputs, row.conv_attributes(), "conv");
        builder.output(output);
    }

    /// Fuses work into the Conv; `operand` is the right-hand side of a binary operator.
    static void fuse(Graph& graph, const char* op, const Attributes& attributes = {}, ValueId operand = -1) {
        for (Node& node : graph.nodes) {
            if (node.name != "conv") continue;
            if (operand >= 0) node.inputs.push_back(operand);
            const int index = operand >= 0 ? static_cast<int>(node.inputs.size()) - 1 : -1;
            node.post_ops.push_back({find_op(op), attributes, index});
        }
    }
};

/// A value that the graph computes before all else: its memory may be taken over.
ValueId compute_in_front(Graph& graph, const Shape& shape, bool by_conv) {
    const ValueId given = graph.add_value("given"), result = graph.add_value("operand");
    graph.inputs.push_back({given, f32(shape)});
    Node node{find_op("Neg"), "operand", {}, {given}, {result}, {}};
    if (by_conv) {  // leaves it in the layout that the next Conv writes
        Shape weights{shape[1], shape[1]};
        for (int axis = 2; axis < shape.rank(); ++axis) weights.push_back(1);
        node.spec = find_op("Conv");
        node.inputs.push_back(graph.add_value("mix", random_tensor(weights, 31)));
    }
    graph.nodes.insert(graph.nodes.begin(), node);
    return result;
}

// So many layers of the same kind, as a network of batches.
Graph network_of(const WindowCase& row, int layers) {
    GraphBuilder builder;
    ValueId conv = builder.input("x", f32(row.input));
    for (int layer = 0; layer < layers; ++layer) {
        const std::string name = "w" + std::to_string(layer);
        const ValueId w =
            builder.constant(name, random_tensor(row.weights(), static_cast<unsigned>(layer) + 1));
        conv = builder.add("Conv", {conv, w}, row.conv_attributes());
    }
    builder.output(builder.add("Flatten", {conv}));
    return std::move(builder).build();
}

}  // namespace

TEST_CASE("Conv computes the same compiled, from any layout") {
    for (const std::string& text : kRows) {
        const WindowCase row(text);
        for (const Layout layout : layouts_of(row.input))
            for (const bool biased : {false, true}) {
                CAPTURE(text);
                CAPTURE(name_of(layout));
                CAPTURE(biased);
                check_compiled(std::move(ConvGraph(row, layout, biased).builder).build());
            }
    }
}

TEST_CASE("Conv takes activations") {
    const std::pair<const char*, Attributes> activations[] = {{"Relu", {}},
                                                              {"Clip", {{"min", 0.f}, {"max", 0.5f}}},
                                                              {"LeakyRelu", {{"alpha", 0.1f}}},
                                                              {"HardSwish", {}},
                                                              {"HardSigmoid", {}},
                                                              {"Sigmoid", {}},
                                                              {"Swish", {}},
                                                              {"Gelu", {}}};
    for (const std::string& text : kRows)
        for (const auto& activation : activations) {
            CAPTURE(text);
            CAPTURE(activation.first);
            Graph graph = std::move(ConvGraph(WindowCase(text)).builder).build();
            ConvGraph::fuse(graph, activation.first, activation.second);
            check_compiled(graph);
        }
}

TEST_CASE("Conv takes a residual, whether or not it may write over it") {
    for (const std::string& text : kRows) {
        const WindowCase row(text);
        for (const bool keep : {false, true})
            for (const bool from_conv : {false, true})
                for (const char* before : {"", "Relu"}) {
                    CAPTURE(text);
                    CAPTURE(keep);
                    CAPTURE(from_conv);
                    CAPTURE(before);
                    ConvGraph made(row);
                    const Shape shape = made.builder.type(made.output).shape;
                    Graph graph = std::move(made.builder).build();
                    const ValueId operand = compute_in_front(graph, shape, from_conv);
                    if (before[0] != 0) ConvGraph::fuse(graph, before);
                    ConvGraph::fuse(graph, "Add", {}, operand);
                    ConvGraph::fuse(graph, "Relu");
                    if (keep) graph.outputs.push_back(operand);
                    check_compiled(graph);
                }
    }
}

TEST_CASE("Conv takes arithmetic by constants of a channel") {
    for (const std::string& text : kRows) {
        CAPTURE(text);
        const WindowCase row(text);
        Graph graph = std::move(ConvGraph(row).builder).build();
        Shape channel{row.outputs};
        for (std::size_t axis = 0; axis < row.kernel.size(); ++axis) channel.push_back(1);
        ConvGraph::fuse(graph, "Mul", {}, graph.add_value("scale", random_tensor(channel, 21)));
        ConvGraph::fuse(graph, "Add", {}, graph.add_value("shift", random_tensor(channel, 22)));
        ConvGraph::fuse(graph, "Sub", {}, graph.add_value("centre", random_tensor({}, 23)));
        check_compiled(graph);
    }
}

TEST_CASE("a Conv may add its own input") {
    for (const char* text : {"c32h6w6_k3p1", "c16h6w6_g16k3p1"}) {
        CAPTURE(text);
        ConvGraph made{WindowCase(text)};
        Graph graph = std::move(made.builder).build();
        const ValueId given = graph.inputs[0].value, x = graph.add_value("x");
        for (Node& node : graph.nodes) node.inputs[0] = x;
        graph.nodes.insert(graph.nodes.begin(), Node{find_op("Neg"), "x", {}, {given}, {x}, {}});
        ConvGraph::fuse(graph, "Add", {}, x);
        check_compiled(graph);
    }
}

TEST_CASE("an image's Conv does not depend on its batch, nor on the parts that the batch goes in") {
    constexpr int kRowsAtMost = 20;
    CompileOptions options{.max_batch = kRowsAtMost};
    SUBCASE("planned for an image by itself") { options.goal = TuneGoal::kLatency; }
    SUBCASE("planned for big batches") { options.goal = TuneGoal::kThroughput; }
    // Enough layers for the parts to be limited by how Winograd's algorithm adds up, not by the caches.
    const struct {
        const char* text;
        int layers;
    } rows[] = {{"c32h9w9_oc64k3p1", 1},     {"c24h14w14_oc40k1", 1},     {"c24h11w11_g24k5s2p2", 1},
                {"c3h33w31_oc16k7s2p3", 1},  {"c64h8w8_oc64k3p1", 1},     {"c128h16w16_oc128k3p1", 1},
                {"c256h16w16_oc256k3p1", 6}, {"c256h14w14_oc256k3p1", 6}, {"c256h7w7_oc256k3p1", 6}};
    for (const auto& one : rows) {
        CAPTURE(std::string(one.text));
        const WindowCase row(one.text);
        Executor executor(CompiledModel::compile(network_of(row, one.layers), options));
        const Tensor images = random_tensor({kRowsAtMost, row.input[1], row.input[2], row.input[3]}, 2);
        const std::int64_t size = images.elements() / kRowsAtMost;
        std::copy_n(images.data<float>(), images.elements(), executor.input(kRowsAtMost).begin());
        const auto many = executor.run(kRowsAtMost);
        const std::vector<float> together(many.begin(), many.end());
        for (int i = 0; i < kRowsAtMost; ++i) {
            std::copy_n(images.data<float>() + i * size, size, executor.input(1).begin());
            const auto alone = executor.run(1);
            CHECK(std::equal(alone.begin(), alone.end(),
                             together.begin() + i * static_cast<std::ptrdiff_t>(alone.size())));
        }
    }
}

TEST_CASE("Winograd's algorithm computes 3x3 windows that are worth it, and no others") {
    if (!onednn::has_winograd()) {
        MESSAGE("skipped: no kernels for it in this oneDNN or on this processor");
        return;
    }
    const struct {
        const char* text;
        int layers;  // enough for batches not to be limited by the caches
        bool for_latency, for_throughput;
    } rows[] = {{"c32h9w9_oc64k3p1", 1, true, true},        {"c128h14w14_oc128k3p1", 6, true, true},
                {"c256h16w16_oc256k3p1", 6, true, true},    {"c256h14w14_oc256k3p1", 6, false, true},
                {"c256h7w7_oc256k3p1", 6, false, true},     {"c16h32w32_oc16k3p1", 1, false, false},
                {"c64h14w14_oc64k3s2p1", 1, false, false},  {"c64h14w14_oc64k5p2", 1, false, false},
                {"c64h14w14_oc64k3dl2p2", 1, false, false}, {"c64h14w14_oc64k3p1g2", 1, false, false}};
    const auto uses_winograd = [](const WindowCase& row, int layers, TuneGoal goal) {
        const auto model = CompiledModel::compile(network_of(row, layers), {.max_batch = 8, .goal = goal});
        const auto steps = model->steps();
        return std::any_of(steps.begin(), steps.end(), [](const StepReport& step) {
            return step.description.find("wino") != std::string::npos;
        });
    };
    for (const auto& row : rows) {
        CAPTURE(std::string(row.text));
        CHECK(uses_winograd(WindowCase(row.text), row.layers, TuneGoal::kLatency) == row.for_latency);
        CHECK(uses_winograd(WindowCase(row.text), row.layers, TuneGoal::kThroughput) == row.for_throughput);
    }
}
