// Covers flatten, reshape, shape, squeeze, unsqueeze.
#include "tests/ops/support.h"

using namespace dyce;
using namespace dyce::test;
using Ints = std::vector<std::int64_t>;

namespace {

Tensor counting(DataType dtype, const Shape& shape) {
    std::vector<double> values;
    for (std::int64_t i = 0; i < shape.elements(); ++i) values.push_back(static_cast<double>(i % 2));
    return tensor(dtype, shape, values);
}

}  // namespace

TEST_CASE("views keep the bytes and rename the dimensions") {
    const struct {
        const char* op;
        Shape input;
        Attributes attributes;
        Shape output;
    } rows[] = {
        {"Flatten", {2, 3, 4, 5}, {}, {2, 60}},
        {"Flatten", {2, 3, 4, 5}, {{"axis", 0}}, {1, 120}},
        {"Flatten", {2, 3, 4, 5}, {{"axis", 4}}, {120, 1}},
        {"Flatten", {2, 3, 4, 5}, {{"axis", -1}}, {24, 5}},
        {"Flatten", {}, {{"axis", 0}}, {1, 1}},
        {"Flatten", {0, 3}, {}, {0, 3}},
        {"Reshape", {2, 3, 4}, {{"shape", Ints{4, 6}}}, {4, 6}},
        {"Reshape", {2, 3, 4}, {{"shape", Ints{0, -1}}}, {2, 12}},
        {"Reshape", {2, 3, 4}, {{"shape", Ints{-1, 0, 2, 2}}}, {2, 3, 2, 2}},
        {"Reshape", {2, 3, 4}, {{"shape", Ints{2, 1, 3, 1, 4}}}, {2, 1, 3, 1, 4}},
        {"Reshape", {1, 1}, {{"shape", Ints{}}}, {}},
        {"Reshape", {}, {{"shape", Ints{-1}}}, {1}},
        {"Reshape", {0, 3, 4}, {{"shape", Ints{3, 4, 0}}, {"allowzero", 1}}, {3, 4, 0}},
        {"Reshape", {0, 6}, {{"shape", Ints{-1, 3}}}, {0, 3}},
        {"Squeeze", {1, 3, 1, 5}, {}, {3, 5}},
        {"Squeeze", {1, 3, 1, 5}, {{"axes", Ints{-2}}}, {1, 3, 5}},
        {"Squeeze", {1, 3, 1, 5}, {{"axes", Ints{2, 0}}}, {3, 5}},
        {"Squeeze", {1, 1}, {}, {}},
        {"Unsqueeze", {3, 4}, {{"axes", Ints{0, 3}}}, {1, 3, 4, 1}},
        {"Unsqueeze", {3, 4}, {{"axes", Ints{-1, 1}}}, {3, 1, 4, 1}},
        {"Unsqueeze", {}, {{"axes", Ints{0}}}, {1}},
        {"Unsqueeze", {2, 1, 2, 1, 2, 1, 2}, {{"axes", Ints{7}}}, {2, 1, 2, 1, 2, 1, 2, 1}},
    };
    for (const auto& row : rows)
        for (const DataType dtype :
             {DataType::kFloat32, DataType::kInt64, DataType::kInt32, DataType::kUint8, DataType::kBool}) {
            CAPTURE(row.op);
            CAPTURE(row.output.to_string());
            const Tensor x = counting(dtype, row.input);
            check_close(run_reference(row.op, {x}, row.attributes), x.reshaped(row.output));
        }
}

TEST_CASE("views refuse dimensions that do not fit") {
    const struct {
        const char* op;
        Shape input;
        Attributes attributes;
        const char* piece;
    } rows[] = {
        {"Flatten", {2, 3}, {{"axis", 3}}, "axis is 3, expected -2 to 2"},
        {"Flatten", {2, 3}, {{"axis", -3}}, "axis is -3"},
        {"Reshape", {2, 3}, {}, "attribute \"shape\" is missing"},
        {"Reshape", {2, 3}, {{"shape", Ints{4, 2}}}, "cannot reshape 2x3 to [4, 2]: element counts differ"},
        {"Reshape", {2, 3}, {{"shape", Ints{-1, -1}}}, "more than one -1"},
        {"Reshape", {2, 3}, {{"shape", Ints{-1, 4}}}, "no whole number for -1"},
        {"Reshape", {0, 3}, {{"shape", Ints{0, -1}}}, "no whole number for -1"},
        {"Reshape", {2, 3}, {{"shape", Ints{2, 3, 0}}}, "no dimension 2 to keep"},
        {"Reshape", {2, 3}, {{"shape", Ints{-2, 3}}}, "negative dimension"},
        {"Reshape", {0, 3}, {{"shape", Ints{0, -1}}, {"allowzero", 1}}, "both 0 and -1"},
        {"Reshape", {1}, {{"shape", Ints(9, 1)}}, "over rank 8"},
        {"Squeeze", {2, 1}, {{"axes", Ints{0}}}, "cannot squeeze axis 0 of 2x1"},
        {"Squeeze", {2, 1}, {{"axes", Ints{2}}}, "axis 2 is outside a tensor of rank 2"},
        {"Squeeze", {2, 1}, {{"axes", Ints{1, -1}}}, "name axis 1 twice"},
        {"Unsqueeze", {2}, {{"axes", Ints{0, -3}}}, "name axis 0 twice"},
        {"Unsqueeze", {2}, {{"axes", Ints{2}}}, "axis 2 is outside a tensor of rank 2"},
        {"Unsqueeze",
         {2},
         {{"axes", Ints{0, 1, 2, 3, 4, 5, 6, 7}}},
         "cannot insert 8 axes into 2: over rank 8"},
    };
    for (const auto& row : rows) check_refused(row.op, {f32(row.input)}, row.attributes, row.piece);
}

TEST_CASE("Shape lists dimensions") {
    const Tensor x = tensor({2, 3, 4}, std::vector<double>(24, 0));
    const auto run = [&](const Attributes& attributes) { return run_reference("Shape", {x}, attributes); };
    check_close(run({}), Tensor::of_ints({2, 3, 4}));
    check_close(run({{"start", 1}}), Tensor::of_ints({3, 4}));
    check_close(run({{"start", -2}, {"end", -1}}), Tensor::of_ints({3}));
    check_close(run({{"end", 9}}), Tensor::of_ints({2, 3, 4}));
    check_close(run({{"start", 2}, {"end", 1}}), Tensor::of_ints({}));
    check_close(run_reference("Shape", {tensor({}, {1})}), Tensor::of_ints({}));
}
