// Covers element_copy, lower_copy, lowering, select_implementation, runtime/core/onednn/layout.
// Pools, reductions, Resize and the operators that move elements, compiled, from every layout a value can
// arrive in, against their plain loops.
#include "tests/ops/compiled.h"

#include <numeric>

using namespace dyce;
using namespace dyce::test;
using Ints = std::vector<std::int64_t>;
using Floats = std::vector<float>;

namespace {

struct Row {
    const char* op;
    Shape input;
    Attributes attributes;
    std::size_t outputs = 1;
};

const std::vector<Row> kRows = {
    {"MaxPool",
     {2, 32, 9, 8},
     {{"kernel_shape", Ints{3, 3}}, {"strides", Ints{2, 2}}, {"pads", Ints{1, 1, 1, 1}}}},
    {"MaxPool", {1, 24, 13, 13}, {{"kernel_shape", Ints{3, 3}}, {"strides", Ints{2, 2}}, {"ceil_mode", 1}}},
    {"MaxPool", {1, 5, 7, 6}, {{"kernel_shape", Ints{2, 3}}, {"auto_pad", "SAME_LOWER"}}},
    {"MaxPool", {1, 5, 9, 9}, {{"kernel_shape", Ints{2, 2}}, {"dilations", Ints{3, 2}}}},
    {"MaxPool", {2, 3, 11}, {{"kernel_shape", Ints{4}}, {"strides", Ints{3}}, {"ceil_mode", 1}}},
    {"MaxPool", {1, 16, 4, 5, 6}, {{"kernel_shape", Ints{2, 2, 2}}}},
    {"AveragePool", {2, 32, 9, 8}, {{"kernel_shape", Ints{3, 2}}, {"pads", Ints{1, 1, 0, 1}}}},
    {"AveragePool",
     {2, 32, 9, 8},
     {{"kernel_shape", Ints{3, 2}}, {"pads", Ints{1, 1, 0, 1}}, {"count_include_pad", 1}}},
    {"AveragePool", {1, 7, 8, 8}, {{"kernel_shape", Ints{3, 3}}, {"strides", Ints{2, 2}}, {"ceil_mode", 1}}},
    {"AveragePool",
     {1, 7, 8, 8},
     {{"kernel_shape", Ints{3, 3}}, {"strides", Ints{2, 2}}, {"ceil_mode", 1}, {"count_include_pad", 1}}},
    {"AveragePool",
     {1, 7, 8, 8},
     {{"kernel_shape", Ints{3, 3}},
      {"strides", Ints{2, 2}},
      {"pads", Ints{1, 1, 1, 1}},
      {"ceil_mode", 1},
      {"count_include_pad", 1}}},
    {"AveragePool", {1, 3, 9, 9}, {{"kernel_shape", Ints{2, 2}}, {"dilations", Ints{2, 1}}}},
    {"AveragePool", {1, 3, 4, 5, 6}, {{"kernel_shape", Ints{2, 3, 2}}, {"pads", Ints{1, 1, 1, 1, 1, 1}}}},
    {"AdaptiveAveragePool", {2, 32, 8, 12}, {{"output_size", Ints{4, 3}}}},
    {"AdaptiveAveragePool", {2, 24, 7, 7}, {{"output_size", Ints{1, 1}}}},
    {"AdaptiveAveragePool", {2, 32, 7, 5}, {{"output_size", Ints{4, 2}}}},
    {"GlobalAveragePool", {2, 24, 7, 7}, {}},
    {"GlobalAveragePool", {2, 32, 5, 3}, {}},
    {"GlobalAveragePool", {2, 3, 9}, {}},
    {"GlobalMaxPool", {2, 24, 7, 7}, {}},
    {"ReduceMean", {2, 24, 7, 7}, {{"axes", Ints{2, 3}}}},
    {"ReduceMean", {2, 32, 7, 7}, {{"axes", Ints{-1, -2}}, {"keepdims", 0}}},
    {"ReduceMean", {2, 24, 7, 7}, {{"axes", Ints{2, 3}}, {"keepdims", 0}}},
    {"ReduceMean", {2, 32, 4, 5}, {{"axes", Ints{1}}}},
    {"ReduceMean", {2, 6, 8}, {{"axes", Ints{1}}, {"keepdims", 0}}},
    {"ReduceMean", {2, 24, 5, 5}, {}},
    {"ReduceSum", {2, 32, 4, 5}, {{"axes", Ints{0, 2}}}},
    {"Flatten", {2, 24, 1, 1}, {}},
    {"Flatten", {2, 32, 1, 1}, {}},
    {"Flatten", {2, 32, 3, 2}, {}},
    {"Reshape", {2, 32, 3, 2}, {{"shape", Ints{0, -1}}}},
    {"Reshape", {2, 24, 1, 1}, {{"shape", Ints{0, 4, 6}}}},
    {"Squeeze", {2, 24, 1, 1}, {{"axes", Ints{2, 3}}}},
    {"Unsqueeze", {2, 32, 3, 2}, {{"axes", Ints{-1}}}},
    {"Transpose", {2, 32, 3, 4}, {{"perm", Ints{0, 2, 3, 1}}}},
    {"Transpose", {2, 24, 3, 4}, {{"perm", Ints{0, 3, 1, 2}}}},
    {"Transpose", {2, 32, 3, 4}, {}},
    {"Transpose", {}, {}},
    {"Slice",
     {2, 32, 5, 4},
     {{"starts", Ints{3, -1}}, {"ends", Ints{29, -9}}, {"axes", Ints{1, 2}}, {"steps", Ints{2, -1}}}},
    {"Slice",
     {2, 16, 8, 8},
     {{"starts", Ints{0, 1}}, {"ends", Ints{8, 8}}, {"axes", Ints{2, 3}}, {"steps", Ints{2, 2}}}},
    {"Slice", {1, 3, 1, 9}, {{"starts", Ints{2}}, {"ends", Ints{8}}, {"axes", Ints{3}}}},
    {"Slice", {}, {{"starts", Ints{}}, {"ends", Ints{}}}},
    {"Split", {2, 32, 5, 4}, {{"axis", 1}, {"split", Ints{5, 16, 11}}}, 3},
    {"Split", {2, 32, 5, 4}, {{"axis", 2}}, 2},
    {"Split", {2, 24, 5, 4}, {{"axis", -1}, {"split", Ints{3, 0, 1}}}, 3},
    {"Pad", {2, 32, 5, 4}, {{"pads", Ints{0, 0, 1, 2, 0, 0, 2, 0}}, {"value", 0.5f}}},
    {"Pad", {2, 3, 5, 4}, {{"pads", Ints{0, 0, 1, 2, 0, 0, 2, 0}}, {"mode", "reflect"}}},
    {"Pad", {2, 32, 5, 4}, {{"pads", Ints{0, 16, 0, 0, 0, 9, 0, 0}}, {"value", -2.f}}},
    {"Pad", {2, 32, 5, 4}, {{"pads", Ints{0, -3, 0, -1, 1, -4, 0, 12}}, {"mode", "edge"}}},
    {"Pad", {}, {{"pads", Ints{}}}},
    {"Resize", {2, 32, 5, 4}, {{"scales", Floats{1, 1, 2, 2}}, {"mode", "linear"}}},
    {"Resize", {2, 24, 5, 4}, {{"sizes", Ints{2, 24, 8, 3}}, {"mode", "linear"}}},
    {"Resize",
     {1, 3, 5, 4},
     {{"sizes", Ints{1, 3, 1, 7}},
      {"mode", "linear"},
      {"coordinate_transformation_mode", "pytorch_half_pixel"}}},
    {"Resize", {1, 3, 5, 4}, {{"scales", Floats{1, 1, 1.3f, 0.7f}}, {"mode", "linear"}}},
    {"Resize", {1, 3, 5, 4}, {{"sizes", Ints{9, 9}}, {"axes", Ints{1, 2}}, {"mode", "linear"}}},
    {"Resize",
     {1, 3, 32, 32},
     {{"sizes", Ints{1, 3, 63, 63}},
      {"coordinate_transformation_mode", "asymmetric"},
      {"nearest_mode", "floor"}}},
    {"Resize", {2, 32, 5, 4}, {{"scales", Floats{1, 1, 2, 1.5f}}}},
    {"Resize",
     {2, 24, 5, 4},
     {{"sizes", Ints{2, 12, 3, 9}}, {"coordinate_transformation_mode", "asymmetric"}}},
    {"Expand", {1, 32, 1, 4}, {{"shape", Ints{3, 1, 2, 4}}}},
    {"Expand", {2, 24, 1, 1}, {{"shape", Ints{3, 4}}}},
    {"Expand", {1, 32, 1, 4}, {{"shape", Ints{2, 3, 1, 2, 4}}}},
};

Shape permuted(const Shape& shape, const Ints& perm) {
    Shape result;
    for (const std::int64_t axis : perm) result.push_back(shape[static_cast<int>(axis)]);
    return result;
}

}  // namespace

TEST_CASE("operators compute the same compiled, from any layout") {
    for (const Row& row : kRows)
        for (const Layout layout : layouts_of(row.input)) {
            CAPTURE(row.op);
            CAPTURE(row.input.to_string());
            CAPTURE(name_of(layout));
            GraphBuilder builder(false);
            const ValueId input = add_input(builder, row.input, layout);
            std::vector<std::string> names;
            for (std::size_t i = 0; i < row.outputs; ++i) names.push_back("output" + std::to_string(i));
            for (const ValueId output :
                 builder.add_many(*make_node(row.op, 1, {}).spec, {input}, row.attributes, row.op, names))
                builder.output(output);
            check_compiled(std::move(builder).build());
        }
}

TEST_CASE("layouts pass through operators that copy along each axis") {
    const Row rows[] = {
        {"Slice", {2, 32, 5, 4}, {{"starts", Ints{1}}, {"ends", Ints{4}}, {"axes", Ints{2}}}},
        {"Pad", {2, 32, 5, 4}, {{"pads", Ints{0, 0, 1, 2, 0, 0, 2, 0}}}},
        {"Split", {2, 32, 5, 4}, {{"axis", 1}}, 2},
        {"Expand", {1, 32, 5, 4}, {{"shape", Ints{3, 32, 5, 4}}}},
        {"Resize", {2, 32, 5, 4}, {{"scales", Floats{1, 1, 2, 2}}}},
    };
    for (const Row& row : rows) {
        CAPTURE(row.op);
        GraphBuilder builder(false);
        const Shape& shape = row.input;
        const ValueId last = builder.input("x", f32({shape[0], shape[2], shape[3], shape[1]}));
        const ValueId seen = builder.add("Transpose", {last}, {{"perm", Ints{0, 3, 1, 2}}});
        std::vector<std::string> names;
        for (std::size_t i = 0; i < row.outputs; ++i) names.push_back("output" + std::to_string(i));
        for (const ValueId output :
             builder.add_many(*make_node(row.op, 1, {}).spec, {seen}, row.attributes, row.op, names))
            builder.output(builder.add("Transpose", {output}, {{"perm", Ints{0, 2, 3, 1}}}));
        const Graph graph = std::move(builder).build();
        check_compiled(graph);
        for (const StepReport& step : CompiledModel::compile(graph)->steps()) {
            CAPTURE(step.description);
            CHECK_FALSE(step.is_reorder);
        }
    }
}

TEST_CASE("every permutation of every layout can be read again") {
    const Shape shape{2, 32, 3, 4};
    Ints perm(4);
    std::iota(perm.begin(), perm.end(), 0);
    do {
        for (const Layout layout : layouts_of(shape)) {
            CAPTURE(name_of(layout));
            GraphBuilder builder(false);
            const ValueId turned =
                builder.add("Transpose", {add_input(builder, shape, layout)}, {{"perm", perm}});
            const Shape turned_shape = permuted(shape, perm);
            builder.output(builder.add("Relu", {turned}));
            builder.output(builder.add("Flatten", {turned}));
            builder.output(builder.add("MaxPool", {turned}, {{"kernel_shape", Ints{2, 2}}}));
            builder.output(builder.add("GlobalAveragePool", {turned}));
            builder.output(builder.add(
                "Conv",
                {turned, builder.constant("w", random_tensor({5, turned_shape[1], 2, 2}, 9, -0.2f, 0.2f))}));
            check_compiled(std::move(builder).build());
        }
    } while (std::next_permutation(perm.begin(), perm.end()));
}

TEST_CASE("Concat joins values of different layouts") {
    for (const std::int64_t channels : {24, 32})
        for (const int axis : {0, 1, 2, 3})
            for (const Layout first : layouts_of({2, channels, 3, 4}))
                for (const Layout second : layouts_of({2, channels, 3, 4})) {
                    CAPTURE(channels);
                    CAPTURE(axis);
                    CAPTURE(name_of(first));
                    CAPTURE(name_of(second));
                    GraphBuilder builder(false);
                    Shape third{2, channels, 3, 4};
                    third[axis] = 1;
                    const ValueId joined = builder.add("Concat",
                                                       {add_input(builder, {2, channels, 3, 4}, first),
                                                        add_input(builder, {2, channels, 3, 4}, second),
                                                        builder.constant("third", random_tensor(third, 5))},
                                                       {{"axis", axis}});
                    builder.output(builder.add("Relu", {joined}));
                    check_compiled(std::move(builder).build());
                }
}

TEST_CASE("Concat joins one value, the same value, and empty ones") {
    GraphBuilder builder(false);
    const ValueId x = builder.add("Neg", {add_input(builder, {2, 3})});
    const ValueId none = builder.constant("none", tensor({2, 0}, {}));
    builder.output(builder.add("Concat", {x}, {{"axis", 1}}));
    builder.output(builder.add("Concat", {x, x}, {{"axis", 0}}));
    builder.output(builder.add("Concat", {none, x, none}, {{"axis", 1}}));
    check_compiled(std::move(builder).build());
}

TEST_CASE("an index that comes with the input is checked when it runs") {
    GraphBuilder builder(false);
    const ValueId indices = builder.input("indices", {DataType::kInt64, {2}});
    builder.output(builder.add("Gather", {builder.constant("table", tensor({2, 2}, {1, 2, 3, 4})), indices},
                               {}, "take"));
    Executor executor(CompiledModel::compile(std::move(builder).build()));
    check_close(executor.run({Tensor::of_ints({-1, 0})})[0], tensor({2, 2}, {3, 4, 1, 2}));
    CHECK_THROWS_WITH_AS(executor.run({Tensor::of_ints({0, 5})}), "take: index 5 is outside an axis of 2",
                         Error);
}
