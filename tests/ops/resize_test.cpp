// Covers resize_axis, resize_weights.
#include "tests/ops/support.h"

using namespace dyce;
using namespace dyce::test;
using Ints = std::vector<std::int64_t>;
using Floats = std::vector<float>;

TEST_CASE("Resize maps coordinates by every mode") {
    const struct {
        std::vector<double> input;
        Attributes attributes;
        std::vector<double> output;
    } rows[] = {
        {{1, 2}, {{"scales", Floats{2}}, {"mode", "linear"}}, {1, 1.25, 1.75, 2}},
        {{1, 2, 3, 4}, {{"sizes", Ints{1}}, {"mode", "linear"}}, {2.5}},
        {{1, 2, 3, 4},
         {{"sizes", Ints{1}}, {"mode", "linear"}, {"coordinate_transformation_mode", "pytorch_half_pixel"}},
         {1}},
        {{1, 2, 3, 4},
         {{"sizes", Ints{2}}, {"mode", "linear"}, {"coordinate_transformation_mode", "pytorch_half_pixel"}},
         {1.5, 3.5}},
        // 2.4 pixels are cut to 2: x = 2 * (1 - 2 / 2.4) + (i + 0.5) / 0.6 - 0.5 = 2/3 and 7/3
        {{1, 2, 3, 4},
         {{"scales", Floats{0.6f}},
          {"mode", "linear"},
          {"coordinate_transformation_mode", "half_pixel_symmetric"}},
         {1 + 2. / 3, 1 + 7. / 3}},
        {{0, 3},
         {{"sizes", Ints{4}}, {"mode", "linear"}, {"coordinate_transformation_mode", "align_corners"}},
         {0, 1, 2, 3}},
        {{5, 3},
         {{"sizes", Ints{1}}, {"mode", "linear"}, {"coordinate_transformation_mode", "align_corners"}},
         {5}},
        {{1, 2, 3},
         {{"scales", Floats{2}}, {"mode", "linear"}, {"coordinate_transformation_mode", "asymmetric"}},
         {1, 1.5, 2, 2.5, 3, 3}},
        {{1, 2},
         {{"scales", Floats{2}},
          {"coordinate_transformation_mode", "tf_half_pixel_for_nn"},
          {"nearest_mode", "floor"}},
         {1, 1, 2, 2}},
        {{1, 2, 3},
         {{"scales", Floats{1}}, {"coordinate_transformation_mode", "tf_half_pixel_for_nn"}},
         {1, 2, 3}},
        {{1, 2, 3}, {{"scales", Floats{1}}, {"mode", "linear"}, {"exclude_outside", 1}}, {1, 2, 3}},
        // Half way the weights of four are -0.09375, 0.59375, 0.59375, -0.09375 (a = -0.75); a line stays one.
        {{0, 0, 1, 1}, {{"sizes", Ints{1}}, {"mode", "cubic"}}, {0.5}},
        {{0, 1, 8, 27}, {{"sizes", Ints{1}}, {"mode", "cubic"}}, {0.59375 * 9 - 0.09375 * 27}},
        {{0, 8}, {{"sizes", Ints{1}}, {"mode", "cubic"}, {"exclude_outside", 1}}, {4}},
        // Shrinking to a half, each output weighs four pixels by 1, 3, 3, 1.
        {{8, 16, 24, 32, 0, 8},
         {{"sizes", Ints{3}}, {"mode", "linear"}, {"antialias", 1}},
         {(8 * 4 + 16 * 3 + 24) / 8., (16 + 24 * 3 + 32 * 3) / 8., (32 + 0 * 3 + 8 * 4) / 8.}},
        {{0, 10, 20, 30, 40},
         {{"sizes", Ints{3}},
          {"mode", "linear"},
          {"coordinate_transformation_mode", "tf_crop_and_resize"},
          {"roi", Floats{0.5f, 1.5f}},
          {"extrapolation_value", -7.f}},
         {20, 40, -7}},
        {{0, 10, 20, 30, 40},
         {{"sizes", Ints{3}},
          {"coordinate_transformation_mode", "tf_crop_and_resize"},
          {"roi", Floats{-0.25f, 0.75f}},
          {"extrapolation_value", 9.f}},
         {9, 10, 30}},
    };
    for (const auto& row : rows) {
        CAPTURE(row.output.size());
        const auto length = [](const std::vector<double>& v) { return static_cast<std::int64_t>(v.size()); };
        check_close(run_reference("Resize", {tensor({length(row.input)}, row.input)}, row.attributes),
                    tensor({length(row.output)}, row.output));
    }
}

TEST_CASE("nearest Resize rounds halves by every mode") {
    const struct {
        const char* mode;
        std::vector<double> output;  // x = 0, 0.5, 1, 1.5, 2, 2.5
    } rows[] = {
        {"round_prefer_floor", {1, 1, 2, 2, 3, 3}},
        {"round_prefer_ceil", {1, 2, 2, 3, 3, 3}},
        {"floor", {1, 1, 2, 2, 3, 3}},
        {"ceil", {1, 2, 2, 3, 3, 3}},
    };
    for (const auto& row : rows)
        for (const DataType dtype : {DataType::kFloat32, DataType::kInt64, DataType::kUint8}) {
            CAPTURE(row.mode);
            check_close(run_reference("Resize", {tensor(dtype, {3}, {1, 2, 3})},
                                      {{"scales", Floats{2}},
                                       {"coordinate_transformation_mode", "asymmetric"},
                                       {"nearest_mode", row.mode}}),
                        tensor(dtype, {6}, row.output));
        }
}

TEST_CASE("Resize works on any axes of any rank") {
    const Tensor square = tensor({1, 1, 2, 2}, {1, 2, 3, 4});
    check_close(run_reference("Resize", {square}, {{"scales", Floats{1, 1, 2, 2}}, {"mode", "linear"}}),
                tensor({1, 1, 4, 4}, {1, 1.25, 1.75, 2, 1.5, 1.75, 2.25, 2.5,  //
                                      2.5, 2.75, 3.25, 3.5, 3, 3.25, 3.75, 4}));
    check_close(run_reference("Resize", {square}, {{"sizes", Ints{3, 1}}, {"axes", Ints{-1, 2}}}),
                tensor({1, 1, 1, 3}, {1, 1, 2}));  // row 0.5 and column 0.5 of the middle round down
    check_close(
        run_reference(
            "Resize", {tensor({2, 2}, {0, 8, 4, 12})},
            {{"sizes", Ints{3, 3}}, {"mode", "linear"}, {"coordinate_transformation_mode", "align_corners"}}),
        tensor({3, 3}, {0, 4, 8, 2, 6, 10, 4, 8, 12}));
    check_close(run_reference("Resize", {tensor({2, 1, 1, 2, 1, 1, 1, 1}, {1, 2, 3, 4})},
                              {{"scales", Floats{2}}, {"axes", Ints{3}}}),
                tensor({2, 1, 1, 4, 1, 1, 1, 1}, {1, 1, 2, 2, 3, 3, 4, 4}));
    check_close(run_reference("Resize", {tensor({0, 2}, {})}, {{"scales", Floats{1, 2}}, {"mode", "linear"}}),
                tensor({0, 4}, {}));
}

TEST_CASE("Resize keeps the aspect ratio when told") {
    const auto shape = [](const char* policy) {
        return infer("Resize", {f32({2, 4})},
                     {{"sizes", Ints{7, 8}}, {"keep_aspect_ratio_policy", policy}})[0]
            .shape.to_string();
    };
    CHECK(shape("stretch") == "7x8");
    CHECK(shape("not_larger") == "4x8");
    CHECK(shape("not_smaller") == "7x14");
    check_close(run_reference("Resize", {tensor({2, 3}, {1, 2, 3, 4, 5, 6})},
                              {{"sizes", Ints{3, 3}},
                               {"keep_aspect_ratio_policy", "not_smaller"},
                               {"nearest_mode", "floor"},
                               {"coordinate_transformation_mode", "asymmetric"}}),
                tensor({3, 5}, {1, 1, 2, 3, 3, 1, 1, 2, 3, 3, 4, 4, 5, 6, 6}));  // 4.5 columns round up
}

TEST_CASE("Resize refuses what is not implemented or does not fit") {
    const struct {
        Attributes attributes;
        const char* piece;
    } rows[] = {
        {{{"scales", Floats{1, 2}}, {"mode", "area"}}, "mode area is not implemented"},
        {{{"scales", Floats{1, 2}}, {"coordinate_transformation_mode", "centre"}},
         "coordinate_transformation_mode centre is not implemented"},
        {{{"scales", Floats{1, 2}}, {"coordinate_transformation_mode", "tf_crop_and_resize"}},
         "roi has 0 numbers for 2 axes"},
        {{{"scales", Floats{1, 2}}, {"nearest_mode", "simple"}}, "nearest_mode simple is not implemented"},
        {{{"sizes", Ints{2, 2}}, {"keep_aspect_ratio_policy", "loose"}},
         "keep_aspect_ratio_policy is \"loose\""},
        {{}, "expected either scales or sizes"},
        {{{"scales", Floats{1, 2}}, {"sizes", Ints{2, 6}}}, "expected either scales or sizes"},
        {{{"scales", Floats{2}}}, "has 1 scales or sizes for 2 axes"},
        {{{"scales", Floats{1, 2}}, {"axes", Ints{1, 1}}}, "name axis 1 twice"},
        {{{"scales", Floats{1, 0}}}, "cannot resize axis 1 of 2x3"},
        {{{"scales", Floats{-1, 1}}}, "cannot resize axis 0 of 2x3"},
        {{{"scales", Floats{1, 1e30f}}}, "cannot resize axis 1 of 2x3"},
        {{{"scales", Floats{1, std::nanf("")}}}, "cannot resize axis 1 of 2x3"},
        {{{"sizes", Ints{0, 3}}}, "cannot resize axis 0 of 2x3 to 0"},
        {{{"scales", Floats{0.2f, 1}}}, "axis 0 of 2x3 resized leaves nothing"},
    };
    for (const auto& row : rows) check_refused("Resize", {f32({2, 3})}, row.attributes, row.piece);
    check_refused("Resize", {{DataType::kInt64, {4}}}, {{"scales", Floats{2}}, {"mode", "linear"}},
                  "is int64");
}
