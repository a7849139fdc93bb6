// Covers arg_extreme, arg_max, arg_min, concat, cum_sum, expand, expand_to_batch, gather, max, min, pad,
// scatter_nd, slice, split, tile, top_k, transpose, trilu, where.
// The operators that move elements without computing: on float32 and, because shape arithmetic runs through
// them, on every other type.
#include "tests/ops/compiled.h"

#include <limits>

using namespace dyce;
using namespace dyce::test;
using Ints = std::vector<std::int64_t>;

namespace {

constexpr std::int64_t kLowest = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kHighest = std::numeric_limits<std::int64_t>::max();

struct Move {
    const char* op;
    Shape input;  // filled with 0, 1, 2, ..
    Attributes attributes;
    Shape output;
    std::vector<double> values;
};

// clang-format off
const std::vector<Move> kMoves = {
    {"Transpose", {2, 3}, {}, {3, 2}, {0, 3, 1, 4, 2, 5}},
    {"Transpose", {1, 2, 3}, {{"perm", Ints{1, 2, 0}}}, {2, 3, 1}, {0, 1, 2, 3, 4, 5}},
    {"Transpose", {2, 1, 2, 2}, {{"perm", Ints{0, 3, 1, 2}}}, {2, 2, 1, 2}, {0, 2, 1, 3, 4, 6, 5, 7}},
    {"Transpose", {}, {}, {}, {0}},
    {"Transpose", {0, 3}, {}, {3, 0}, {}},
    {"Slice", {4}, {{"starts", Ints{1}}, {"ends", Ints{3}}}, {2}, {1, 2}},
    {"Slice", {4}, {{"starts", Ints{-3}}, {"ends", Ints{-1}}}, {2}, {1, 2}},
    {"Slice", {4}, {{"starts", Ints{0}}, {"ends", Ints{kHighest}}, {"steps", Ints{3}}}, {2}, {0, 3}},
    {"Slice", {4}, {{"starts", Ints{-1}}, {"ends", Ints{kLowest}}, {"steps", Ints{-1}}}, {4}, {3, 2, 1, 0}},
    {"Slice", {4}, {{"starts", Ints{9}}, {"ends", Ints{0}}, {"steps", Ints{-2}}}, {2}, {3, 1}},
    {"Slice", {4}, {{"starts", Ints{-9}}, {"ends", Ints{-9}}, {"steps", Ints{-1}}}, {1}, {0}},
    {"Slice", {4}, {{"starts", Ints{2}}, {"ends", Ints{4}}, {"steps", Ints{kHighest}}}, {1}, {2}},
    {"Slice", {4}, {{"starts", Ints{2}}, {"ends", Ints{0}}, {"steps", Ints{kLowest}}}, {1}, {2}},
    {"Slice", {4}, {{"starts", Ints{3}}, {"ends", Ints{1}}}, {0}, {}},
    {"Slice", {4}, {{"starts", Ints{5}}, {"ends", Ints{9}}}, {0}, {}},
    {"Slice", {0}, {{"starts", Ints{-1}}, {"ends", Ints{kLowest}}, {"steps", Ints{-1}}}, {0}, {}},
    {"Slice", {2, 3}, {{"starts", Ints{1, 0}}, {"ends", Ints{3, 1}}, {"axes", Ints{-1, 0}}}, {1, 2}, {1, 2}},
    {"Slice", {2, 3}, {{"starts", Ints{1}}, {"ends", Ints{2}}}, {1, 3}, {3, 4, 5}},
    {"Expand", {3, 1}, {{"shape", Ints{2}}}, {3, 2}, {0, 0, 1, 1, 2, 2}},
    {"Expand", {2}, {{"shape", Ints{2, 1}}}, {2, 2}, {0, 1, 0, 1}},
    {"Expand", {2, 2}, {{"shape", Ints{1, 2}}}, {2, 2}, {0, 1, 2, 3}},
    {"Expand", {}, {{"shape", Ints{2, 1, 2}}}, {2, 1, 2}, {0, 0, 0, 0}},
    {"Expand", {1, 2}, {{"shape", Ints{0, 2}}}, {0, 2}, {}},
    {"Tile", {2}, {{"repeats", Ints{3}}}, {6}, {0, 1, 0, 1, 0, 1}},
    {"Tile", {2, 2}, {{"repeats", Ints{2, 1}}}, {4, 2}, {0, 1, 2, 3, 0, 1, 2, 3}},
    {"Tile", {1, 2}, {{"repeats", Ints{1, 2}}}, {1, 4}, {0, 1, 0, 1}},
    {"Tile", {2}, {{"repeats", Ints{0}}}, {0}, {}},
    {"Trilu", {2, 3}, {}, {2, 3}, {0, 1, 2, 0, 4, 5}},
    {"Trilu", {2, 3}, {{"upper", 0}}, {2, 3}, {0, 0, 0, 3, 4, 0}},
    {"Trilu", {2, 3}, {{"k", 1}}, {2, 3}, {0, 1, 2, 0, 0, 5}},
    {"Trilu", {2, 2, 2}, {{"k", -1}, {"upper", 0}}, {2, 2, 2}, {0, 0, 2, 0, 0, 0, 6, 0}},
    {"Trilu", {2, 3}, {{"k", kLowest}}, {2, 3}, {0, 1, 2, 3, 4, 5}},
    {"Trilu", {2, 3}, {{"k", kHighest}}, {2, 3}, {0, 0, 0, 0, 0, 0}},
    {"Pad", {3}, {{"pads", Ints{1, 2}}}, {6}, {0, 0, 1, 2, 0, 0}},
    {"Pad", {2}, {{"pads", Ints{1, 1}}, {"value", 1.f}}, {4}, {1, 0, 1, 1}},
    {"Pad", {3}, {{"pads", Ints{-1, 1}}, {"value", 1.f}}, {3}, {1, 2, 1}},
    {"Pad", {3}, {{"pads", Ints{-1, -2}}}, {0}, {}},
    {"Pad", {0}, {{"pads", Ints{1, 1}}, {"value", 1.f}}, {2}, {1, 1}},
    {"Pad", {2, 2}, {{"pads", Ints{0, 1, 1, 0}}}, {3, 3}, {0, 0, 1, 0, 2, 3, 0, 0, 0}},
    {"Pad", {2, 2}, {{"pads", Ints{1, 0}}, {"axes", Ints{-1}}}, {2, 3}, {0, 0, 1, 0, 2, 3}},
    {"Pad", {3}, {{"pads", Ints{2, 3}}, {"mode", "edge"}}, {8}, {0, 0, 0, 1, 2, 2, 2, 2}},
    {"Pad", {3}, {{"pads", Ints{2, 2}}, {"mode", "reflect"}}, {7}, {2, 1, 0, 1, 2, 1, 0}},
    {"Pad", {3}, {{"pads", Ints{5, -1}}, {"mode", "reflect"}}, {7}, {1, 0, 1, 2, 1, 0, 1}},
    {"Pad", {1}, {{"pads", Ints{1, 1}}, {"mode", "reflect"}}, {3}, {0, 0, 0}},
    {"Pad", {3}, {{"pads", Ints{2, 4}}, {"mode", "wrap"}}, {9}, {1, 2, 0, 1, 2, 0, 1, 2, 0}},
    {"Pad", {2, 2}, {{"pads", Ints{1, 0, 0, 1}}, {"mode", "reflect"}}, {3, 3}, {2, 3, 2, 0, 1, 0, 2, 3, 2}},
};
// clang-format on

// Values that every type can hold.
Tensor counting(DataType dtype, const Shape& shape) {
    std::vector<double> values;
    for (std::int64_t i = 0; i < shape.elements(); ++i) values.push_back(static_cast<double>(i));
    if (dtype == DataType::kBool)
        for (double& value : values) value = value > 0 ? 1 : 0;
    return tensor(dtype, shape, values);
}

constexpr DataType kTypes[] = {DataType::kFloat32, DataType::kInt64, DataType::kInt32, DataType::kUint8,
                               DataType::kBool};

}  // namespace

TEST_CASE("elements move where the definition says, whatever their type") {
    for (const Move& row : kMoves)
        for (const DataType dtype : kTypes) {
            CAPTURE(row.op);
            CAPTURE(row.input.to_string());
            auto values = row.values;
            if (dtype == DataType::kBool)
                for (double& value : values) value = value > 0 ? 1 : 0;
            check_close(run_reference(row.op, {counting(dtype, row.input)}, row.attributes),
                        tensor(dtype, row.output, values));
        }
}

TEST_CASE("Concat joins") {
    for (const DataType dtype : kTypes) {
        const auto make = [&](const Shape& shape, std::vector<double> values) {
            return tensor(dtype, shape, values);
        };
        check_close(
            run_reference("Concat", {make({2}, {0, 1}), make({1}, {1}), make({0}, {})}, {{"axis", 0}}),
            make({3}, {0, 1, 1}));
        check_close(
            run_reference("Concat", {make({2, 1}, {0, 1}), make({2, 2}, {1, 1, 0, 0})}, {{"axis", -1}}),
            make({2, 3}, {0, 1, 1, 1, 0, 0}));
        check_close(run_reference("Concat", {make({1, 2, 1}, {1, 0}), make({1, 1, 1}, {1})}, {{"axis", 1}}),
                    make({1, 3, 1}, {1, 0, 1}));
    }
    check_refused("Concat", {f32({2, 3}), f32({2, 2})}, {{"axis", 0}}, "input 1 is float32 2x2");
    check_refused("Concat", {f32({2}), {DataType::kInt64, {2}}}, {{"axis", 0}}, "input 1 is int64 2");
    check_refused("Concat", {f32({2}), f32({2, 1})}, {{"axis", 0}}, "input 1 is float32 2x1");
    check_refused("Concat", {f32({2})}, {{"axis", 1}}, "axis 1 is outside");
    check_refused("Concat", {f32({2})}, {}, "attribute \"axis\" is missing");
    const std::vector<TensorType> many(1 << 15, f32({std::int64_t{1} << 48}));
    check_refused("Concat", many, {{"axis", 0}}, "overflows");
}

TEST_CASE("Split cuts") {
    for (const DataType dtype : kTypes) {
        const auto parts = run_reference_many("Split", {tensor(dtype, {2, 3}, {0, 1, 1, 1, 0, 0})},
                                              {{"axis", 1}, {"split", Ints{1, 0, 2}}}, 3);
        check_close(parts.at(0), tensor(dtype, {2, 1}, {0, 1}));
        check_close(parts.at(1), tensor(dtype, {2, 0}, {}));
        check_close(parts.at(2), tensor(dtype, {2, 2}, {1, 1, 0, 0}));
    }
    const auto uneven = run_reference_many("Split", {tensor({5}, {0, 1, 2, 3, 4})}, {}, 3);
    check_close(uneven.at(0), tensor({2}, {0, 1}));
    check_close(uneven.at(2), tensor({1}, {4}));
    check_refused("Split", {f32({4})}, {{"split", Ints{1, 3}}}, "split [1, 3] for 3 outputs", 3);
    check_refused("Split", {f32({4})}, {{"split", Ints{1, 2}}}, "sums to 3, axis 0 of 4 does not", 2);
    check_refused("Split", {f32({4})}, {{"split", Ints{5, -1}}}, "cannot split axis 0 of 4 into [5, -1]", 2);
    check_refused("Split", {f32({2})}, {}, "cannot split axis 0 of 2", 4);
    check_refused("Split", {f32({4})}, {{"axis", 1}}, "axis 1 is outside", 2);
}

TEST_CASE("Gather compiles: a constant list of slices in any layout, and other indices") {
    const std::vector<std::pair<Shape, std::int64_t>> rows = {
        {{2, 32, 3, 5}, 1}, {{2, 32, 3, 5}, 3}, {{2, 6, 4}, 1}, {{3}, 0}};
    for (const auto& [shape, axis] : rows)
        for (const Layout layout : layouts_of(shape))
            for (const Tensor& indices : {Tensor::of_ints({2, 0, -1, 2}), Tensor::of_ints({}),
                                          tensor(DataType::kInt64, {2, 1}, {1, -3})}) {
                GraphBuilder builder(false);
                const ValueId input = add_input(builder, shape, layout);
                builder.output(
                    builder.add("Gather", {input, builder.constant("indices", indices)}, {{"axis", axis}}));
                CAPTURE(name_of(layout));
                check_compiled(std::move(builder).build());
            }
}

TEST_CASE("Gather takes slices") {
    const Tensor table = tensor({2, 3}, {0, 1, 2, 3, 4, 5});
    check_close(run_reference("Gather", {table, Tensor::of_ints({1, -2})}),
                tensor({2, 3}, {3, 4, 5, 0, 1, 2}));
    check_close(run_reference("Gather", {table, Tensor::of_ints({2, 0, -1})}, {{"axis", -1}}),
                tensor({2, 3}, {2, 0, 2, 5, 3, 5}));
    check_close(run_reference("Gather", {table, tensor(DataType::kInt32, {}, {1})}, {{"axis", 1}}),
                tensor({2}, {1, 4}));
    check_close(
        run_reference("Gather", {Tensor::of_ints({7, 8, 9}), tensor(DataType::kInt64, {2, 2}, {0, 1, 2, 0})}),
        tensor(DataType::kInt64, {2, 2}, {7, 8, 9, 7}));
    check_close(run_reference("Gather", {table, Tensor::of_ints({})}), tensor({0, 3}, {}));
    CHECK_THROWS_WITH_AS(run_reference("Gather", {table, Tensor::of_ints({2})}),
                         "node_under_test: index 2 is outside an axis of 2", Error);
    CHECK_THROWS_WITH_AS(run_reference("Gather", {table, Tensor::of_ints({-4})}, {{"axis", 1}}),
                         "node_under_test: index -4 is outside an axis of 3", Error);
    check_refused("Gather", {f32({2}), f32({1})}, {}, "indices are float32");
    check_refused("Gather", {f32({}), {DataType::kInt64, {1}}}, {}, "axis 0 is outside a tensor of rank 0");
    check_refused("Gather", {f32({1, 1, 1, 1, 1}), {DataType::kInt64, {1, 1, 1, 1, 1}}}, {}, "over rank 8");
}

TEST_CASE("ScatterND replaces or joins slices") {
    const Tensor data = tensor({2, 3}, {1, 2, 3, 4, 5, 6}), rows = tensor({1, 3}, {10, 20, 30});
    const Tensor last = tensor(DataType::kInt64, {1, 1}, {-1}),
                 place = tensor(DataType::kInt32, {2, 2}, {0, 1, 0, 1});
    check_close(run_reference("ScatterND", {data, last, rows}), tensor({2, 3}, {1, 2, 3, 10, 20, 30}));
    check_close(run_reference("ScatterND", {data, place, tensor({2}, {7, 8})}, {{"reduction", "add"}}),
                tensor({2, 3}, {1, 17, 3, 4, 5, 6}));
    check_close(run_reference("ScatterND", {data, place, tensor({2}, {3, -8})}, {{"reduction", "mul"}}),
                tensor({2, 3}, {1, -48, 3, 4, 5, 6}));
    check_close(run_reference("ScatterND", {data, last, rows}, {{"reduction", "min"}}),
                tensor({2, 3}, {1, 2, 3, 4, 5, 6}));
    CHECK_THROWS_WITH_AS(run_reference("ScatterND", {data, tensor(DataType::kInt64, {1, 1}, {2}), rows}),
                         doctest::Contains("index 2 is outside an axis of 2"), Error);
    check_refused("ScatterND", {f32({2, 3}), {DataType::kInt64, {1, 3}}, f32({1})}, {},
                  "indices are 1x3 into 2x3");
    check_refused("ScatterND", {f32({2, 3}), {DataType::kInt64, {1, 1}}, f32({1})}, {},
                  "expected float32 1x3");
}

TEST_CASE("Where chooses, ExpandToBatch repeats, CumSum adds up") {
    check_close(run_reference(
                    "Where", {tensor(DataType::kBool, {2, 1}, {1, 0}), tensor({2}, {1, 2}), tensor({}, {9})}),
                tensor({2, 2}, {1, 2, 9, 9}));
    check_refused("Where", {f32({1}), f32({1}), f32({1})}, {}, "input 0 is float32, expected bool");
    check_close(run_reference("ExpandToBatch", {tensor({1, 2}, {5, 6}), tensor({3, 1}, {0, 0, 0})}),
                tensor({3, 2}, {5, 6, 5, 6, 5, 6}));
    check_refused("ExpandToBatch", {f32({2, 2}), f32({3})}, {}, "expected a first dimension of 1");
    const Tensor x = tensor(DataType::kInt64, {2, 3}, {1, 2, 3, 4, 5, 6});
    check_close(run_reference("CumSum", {x}, {{"axis", 1}}),
                tensor(DataType::kInt64, {2, 3}, {1, 3, 6, 4, 9, 15}));
    check_close(run_reference("CumSum", {x}, {{"axis", 0}, {"reverse", 1}}),
                tensor(DataType::kInt64, {2, 3}, {5, 7, 9, 4, 5, 6}));
    check_close(run_reference("CumSum", {x}, {{"axis", -1}, {"exclusive", 1}}),
                tensor(DataType::kInt64, {2, 3}, {0, 1, 3, 0, 4, 9}));
}

TEST_CASE("Max and Min take the larger and the smaller of two, broadcast") {
    const Tensor a = tensor({2, 2}, {1, 5, -3, 0}), b = tensor({2}, {2, -1});
    check_close(run_reference("Max", {a, b}), tensor({2, 2}, {2, 5, 2, 0}));
    check_close(run_reference("Min", {a, b}), tensor({2, 2}, {1, -1, -3, -1}));
    check_refused("Max", {f32({2}), {DataType::kInt64, {2}}}, {}, "expected numbers of one type");
}

TEST_CASE("ArgMax, ArgMin and TopK tell where the extremes are") {
    const Tensor x = tensor({2, 3}, {3, 9, 9, 2, 1, 1});
    check_close(run_reference("ArgMax", {x}, {{"axis", 1}}), tensor(DataType::kInt64, {2, 1}, {1, 0}));
    check_close(run_reference("ArgMax", {x}, {{"axis", 1}, {"keepdims", 0}, {"select_last_index", 1}}),
                tensor(DataType::kInt64, {2}, {2, 0}));
    check_close(run_reference("ArgMin", {x}), tensor(DataType::kInt64, {1, 3}, {1, 1, 1}));
    check_refused("ArgMax", {f32({2, 0})}, {{"axis", 1}}, "axis 1 of 2x0 is empty");
    const auto top = run_reference_many("TopK", {x}, {{"k", 2}}, 2);
    check_close(top[0], tensor({2, 2}, {9, 9, 2, 1}));
    check_close(top[1], tensor(DataType::kInt64, {2, 2}, {1, 2, 0, 1}));
    const auto least = run_reference_many("TopK", {x}, {{"k", 1}, {"axis", 0}, {"largest", 0}}, 2);
    check_close(least[1], tensor(DataType::kInt64, {1, 3}, {1, 1, 1}));
    check_refused("TopK", {f32({2, 3})}, {{"k", 4}}, "expected 0 to the 3 elements");
}

TEST_CASE("moves refuse attributes that do not fit") {
    const struct {
        const char* op;
        TensorType input;
        Attributes attributes;
        const char* piece;
    } rows[] = {
        {"Transpose", f32({2, 3}), {{"perm", Ints{0}}}, "perm is [0] for an input of 2x3"},
        {"Transpose", f32({2, 3}), {{"perm", Ints{0, 0}}}, "name axis 0 twice"},
        {"Transpose", f32({2, 3}), {{"perm", Ints{0, 2}}}, "axis 2 is outside"},
        {"Transpose", f32({2, 3}), {{"perm", Ints{0, -1}}}, "expected no negative axis"},
        {"Slice", f32({2}), {{"starts", Ints{0}}}, "attribute \"ends\" is missing"},
        {"Slice", f32({2}), {{"starts", Ints{0}}, {"ends", Ints{1, 2}}}, "differ in length"},
        {"Slice", f32({2}), {{"starts", Ints{0}}, {"ends", Ints{1}}, {"steps", Ints{0}}}, "steps[0] is 0"},
        {"Slice", f32({2}), {{"starts", Ints{0, 0}}, {"ends", Ints{1, 1}}}, "axis 1 is outside"},
        {"Expand", f32({2, 3}), {{"shape", Ints{2}}}, "shapes 2x3 and 2 do not broadcast"},
        {"Expand", f32({2}), {{"shape", Ints{0}}}, "shapes 2 and 0 do not broadcast"},
        {"Expand", f32({1}), {{"shape", Ints{-1}}}, "shape is [-1], expected"},
        {"Expand", f32({1}), {{"shape", Ints(9, 1)}}, "expected at most 8 sizes"},
        {"Pad", f32({2}), {{"pads", Ints{1}}}, "pads [1] for 1 axes"},
        {"Pad", f32({2}), {{"pads", Ints{-2, -1}}}, "cannot pad axis 0 of 2 by -2 and -1"},
        {"Pad", f32({2}), {{"pads", Ints{kLowest, kHighest}}}, "over the limit of"},
        {"Pad", f32({2}), {{"pads", Ints{1, 1}}, {"mode", "mirror"}}, "mode is \"mirror\""},
        {"Pad", f32({0}), {{"pads", Ints{1, 1}}, {"mode", "edge"}}, "cannot pad axis 0 of 0"},
        {"Pad", {DataType::kInt64, {2}}, {{"pads", Ints{1, 1}}, {"value", 0.5f}}, "which is no int64"},
        {"Pad", {DataType::kUint8, {2}}, {{"pads", Ints{1, 1}}, {"value", -1.f}}, "which is no uint8"},
    };
    for (const auto& row : rows) check_refused(row.op, {row.input}, row.attributes, row.piece);
}
