// Checks that operators compute compiled what their plain loops do, in whatever layout values arrive.
#pragma once

#include "graph/builder.h"
#include "runtime/exec/executor.h"
#include "tests/ops/support.h"

namespace dyce::test {

/// How a value of rank 4 is laid out when the operator under test reads it.
enum class Layout { kRowMajor, kAsConvWritesIt, kAsGroupedConvWritesIt, kTransposed };

inline std::string name_of(Layout layout) {
    constexpr const char* kNames[] = {"row-major", "as Conv leaves it", "as grouped Conv leaves it",
                                      "transposed"};
    return kNames[static_cast<int>(layout)];
}

/// The layouts a value of this shape can have.
inline std::vector<Layout> layouts_of(const Shape& shape) {
    if (shape.rank() != 4) return {Layout::kRowMajor};
    std::vector<Layout> layouts{Layout::kRowMajor, Layout::kAsConvWritesIt, Layout::kTransposed};
    if (shape[1] % 32 == 0) layouts.push_back(Layout::kAsGroupedConvWritesIt);  // in blocks of channels
    return layouts;
}

/// A new input of the graph, behind whatever gives it the layout. The value in between is an output of the
/// graph too, so that nothing is fused into its producer.
inline ValueId add_input(GraphBuilder& builder, const Shape& shape, Layout layout = Layout::kRowMajor) {
    const std::string name = "input" + std::to_string(builder.graph().values.size());
    if (layout == Layout::kRowMajor) return builder.input(name, f32(shape));
    ValueId value = -1;
    if (layout == Layout::kTransposed) {
        value = builder.input(name, f32({shape[0], shape[3], shape[1], shape[2]}));
        value = builder.add("Transpose", {value}, {{"perm", std::vector<std::int64_t>{0, 2, 3, 1}}});
    } else {
        const std::int64_t group = layout == Layout::kAsGroupedConvWritesIt ? 2 : 1;
        const ValueId weights =
            builder.constant(name + ".weights", random_tensor({shape[1], shape[1] / group, 1, 1}, 7));
        value = builder.add("Conv", {builder.input(name, f32(shape)), weights}, {{"group", group}});
    }
    builder.output(value);
    return value;
}

/// Gives the graph's last node a post-op; `operand` of a binary one must have been there before the node.
inline void append_post_op(Graph& graph, std::string_view op, ValueId operand = -1) {
    Node& node = graph.nodes.back();
    PostOp post_op{find_op(op), {}, -1};
    if (operand >= 0) {
        post_op.operand = static_cast<int>(node.inputs.size());
        node.inputs.push_back(operand);
    }
    node.post_ops.push_back(post_op);
}

/// Runs the graph both ways on random inputs; every output must agree.
inline void check_compiled(const Graph& graph, double tolerance = 1e-5) {
    std::vector<Tensor> inputs;
    for (const GraphInput& input : graph.inputs)
        inputs.push_back(random_tensor(input.type.shape, static_cast<unsigned>(inputs.size() + 1)));
    const auto expected = interpret(graph, inputs);
    const auto actual = Executor(CompiledModel::compile(graph)).run(inputs);
    REQUIRE(actual.size() == expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) check_close(actual[i], expected[i], tolerance);
}

}  // namespace dyce::test
