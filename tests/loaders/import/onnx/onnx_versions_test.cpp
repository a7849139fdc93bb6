// Covers conversions, convert_normalizations, convert_reductions, convert_resize, convert_shapes,
// convert_slicing, graph_writer, node_context, translator.
// The rules of each operator set: what changed between them must not change the answer. Expected values are
// worked out by hand.
#include "tests/loaders/import/onnx/onnx_versions.h"

using namespace dyce;
using namespace dyce::test;

TEST_CASE("Clip: bounds are attributes, then inputs") {
    check(kTwoByThree, Tensor::of({2, 3}, {2, 2, 3, 4, 5, 5}),
          {{6, [](M& m) { m.node("Clip", {"x"}, {"y"}).set("min", 2.f).set("max", 5.f); }},
           {11, [](M& m) {
                m.floats("a", {}, {2}).floats("b", {}, {5}).node("Clip", {"x", "a", "b"}, {"y"});
            }}});
    check(kTwoByThree, Tensor::of({2, 3}, {1, 2, 3, 3, 3, 3}),
          {{6, [](M& m) { m.node("Clip", {"x"}, {"y"}).set("max", 3.f); }},
           {12, [](M& m) {
                m.floats("b", {}, {3}).node("Clip", {"x", "", "b"}, {"y"});
            }}});
}

TEST_CASE("Squeeze and Unsqueeze: axes are an attribute, then an input") {
    check(Tensor::of({1, 2, 1}, {7, 8}), Tensor::of({2}, {7, 8}),
          {{6,
            [](M& m) {
                m.node("Squeeze", {"x"}, {"y"}).set("axes", Ints{0, 2});
            }},
           {11,
            [](M& m) {
                m.node("Squeeze", {"x"}, {"y"}).set("axes", Ints{-1, 0});
            }},
           {12, [](M& m) { m.node("Squeeze", {"x"}, {"y"}); }},
           {13,
            [](M& m) {
                m.ints("axes", {0, -1}).node("Squeeze", {"x", "axes"}, {"y"});
            }},
           {21, [](M& m) { m.node("Squeeze", {"x"}, {"y"}); }}});
    check(Tensor::of({2}, {7, 8}), Tensor::of({1, 2, 1}, {7, 8}),
          {{6,
            [](M& m) {
                m.node("Unsqueeze", {"x"}, {"y"}).set("axes", Ints{0, 2});
            }},
           {13, [](M& m) {
                m.ints("axes", {2, 0}).node("Unsqueeze", {"x", "axes"}, {"y"});
            }}});
}

TEST_CASE("Slice: bounds are attributes, then inputs with steps") {
    check(
        kTwoByThree, Tensor::of({2, 1}, {2, 5}),
        {{6,
          [](M& m) {
              m.node("Slice", {"x"}, {"y"}).set("axes", Ints{1}).set("starts", Ints{1}).set("ends", Ints{-1});
          }},
         {10,
          [](M& m) {
              m.ints("starts", {1}).ints("ends", {-1}).ints("axes", {1});
              m.node("Slice", {"x", "starts", "ends", "axes"}, {"y"});
          }},
         {13, [](M& m) {
              m.ints("starts", {1}).ints("ends", {3}).ints("axes", {-1}).ints("steps", {2});
              m.node("Slice", {"x", "starts", "ends", "axes", "steps"}, {"y"});
          }}});
}

TEST_CASE("Split: sizes are an attribute, then an input; the last part may be smaller from 18 on") {
    const Tensor second = Tensor::of({2, 1}, {3, 6});
    check(kTwoByThree, second,
          {{6,
            [](M& m) {
                m.node("Split", {"x"}, {"a", "y"}).set("axis", 1).set("split", Ints{2, 1});
            }},
           {13,
            [](M& m) {
                m.ints("split", {2, 1}).node("Split", {"x", "split"}, {"a", "y"}).set("axis", 1);
            }},
           {18, [](M& m) {
                m.node("Split", {"x"}, {"a", "y"}).set("axis", 1).set("num_outputs", 2);
            }}});
    const Version uneven{17, [](M& m) { m.node("Split", {"x"}, {"a", "y"}).set("axis", 1); }};
    CHECK_THROWS_WITH(run(uneven, kTwoByThree), doctest::Contains("axis 1 of 2x3 is not a multiple of 2"));
}

TEST_CASE("Pad: counts and value are attributes, then inputs, then for some axes") {
    check(
        kTwoByThree, Tensor::of({2, 5}, {9, 1, 2, 3, 9, 9, 4, 5, 6, 9}),
        {{6,
          [](M& m) {
              m.node("Pad", {"x"}, {"y"}).set("pads", Ints{0, 1, 0, 1}).set("value", 9.f);
          }},
         {11,
          [](M& m) {
              m.ints("pads", {0, 1, 0, 1}).floats("nine", {}, {9}).node("Pad", {"x", "pads", "nine"}, {"y"});
          }},
         {18, [](M& m) {
              m.ints("pads", {1, 1}).floats("nine", {}, {9}).ints("axes", {-1});
              m.node("Pad", {"x", "pads", "nine", "axes"}, {"y"});
          }}});
}

TEST_CASE("ReduceMean and ReduceSum: axes are an attribute, then an input") {
    check(kTwoByThree, Tensor::of({2}, {2, 5}),
          {{6, [](M& m) { m.node("ReduceMean", {"x"}, {"y"}).set("axes", Ints{1}).set("keepdims", 0); }},
           {11, [](M& m) { m.node("ReduceMean", {"x"}, {"y"}).set("axes", Ints{-1}).set("keepdims", 0); }},
           {18, [](M& m) {
                m.ints("axes", {1}).node("ReduceMean", {"x", "axes"}, {"y"}).set("keepdims", 0);
            }}});
    check(kTwoByThree, Tensor::of({1, 1}, {21}),
          {{6, [](M& m) { m.node("ReduceSum", {"x"}, {"y"}); }},
           {13, [](M& m) {
                m.ints("axes", {}).node("ReduceSum", {"x", "axes"}, {"y"});
            }}});
    check(kTwoByThree, kTwoByThree,
          {{18, [](M& m) { m.node("ReduceMean", {"x"}, {"y"}).set("noop_with_empty_axes", 1); }}});
}

TEST_CASE("ReduceL2 is the root of the sum of squares") {
    const Tensor x = Tensor::of({2, 2}, {3, -4, -5, 12});
    check(x, Tensor::of({2, 1}, {5, 13}),
          {{6, [](M& m) { m.node("ReduceL2", {"x"}, {"y"}).set("axes", Ints{1}); }},
           {18, [](M& m) {
                m.ints("axes", {-1}).node("ReduceL2", {"x", "axes"}, {"y"});
            }}});
    check(x, Tensor::of({2, 2}, {3, 4, 5, 12}),
          {{18, [](M& m) { m.node("ReduceL2", {"x"}, {"y"}).set("noop_with_empty_axes", 1); }}});
}

TEST_CASE("Add, Sub, Mul, Div, Pow of operator set 6 broadcast by axis") {
    const Tensor x = Tensor::of({2, 2, 2}, {1, 2, 3, 4, 5, 6, 7, 8});
    check(
        x, Tensor::of({2, 2, 2}, {11, 12, 23, 24, 15, 16, 27, 28}),
        {{6,
          [](M& m) {
              m.floats("w", {2}, {10, 20}).node("Add", {"x", "w"}, {"y"}).set("broadcast", 1).set("axis", 1);
          }},
         {7, [](M& m) {
              m.floats("w", {2, 1}, {10, 20}).node("Add", {"x", "w"}, {"y"});
          }}});
    check(x, Tensor::of({2, 2, 2}, {10, 40, 30, 80, 50, 120, 70, 160}),  // by default the last axes
          {{6,
            [](M& m) {
                m.floats("w", {2}, {10, 20}).node("Mul", {"x", "w"}, {"y"}).set("broadcast", 1);
            }},
           {14, [](M& m) {
                m.floats("w", {2}, {10, 20}).node("Mul", {"x", "w"}, {"y"});
            }}});
    check(x, Tensor::of({2, 2, 2}, {1, 4, 9, 16, 25, 36, 49, 64}),
          {{6,
            [](M& m) {
                m.floats("two", {}, {2}).node("Pow", {"x", "two"}, {"y"}).set("broadcast", 1);
            }},
           {7, [](M& m) {
                m.floats("two", {}, {2}).node("Pow", {"x", "two"}, {"y"});
            }}});
    const Version alone{6, [](M& m) { m.floats("w", {2}, {10, 20}).node("Add", {"x", "w"}, {"y"}); }};
    CHECK_THROWS_WITH(run(alone, x), doctest::Contains("without broadcast"));
}

TEST_CASE("Sum adds any number of tensors") {
    check(kTwoByThree, Tensor::of({2, 3}, {3, 6, 9, 12, 15, 18}),
          {{6,
            [](M& m) {
                m.node("Sum", {"x", "x", "x"}, {"y"});
            }},
           {8, [](M& m) {
                m.node("Sum", {"x", "x", "x"}, {"y"});
            }}});
    check(kTwoByThree, kTwoByThree, {{13, [](M& m) { m.node("Sum", {"x"}, {"y"}); }}});
}

TEST_CASE("Softmax: one distribution from axis on, then one along axis") {
    // Two rows of four equal numbers: 1/4 each when flattened, 1/2 along the last axis.
    const Tensor x = Tensor::of({2, 2, 2}, {1, 1, 1, 1, 3, 3, 3, 3});
    Tensor quarters(DataType::kFloat32, x.shape()), halves(DataType::kFloat32, x.shape());
    std::fill_n(quarters.mutable_data<float>(), 8, 0.25f);
    std::fill_n(halves.mutable_data<float>(), 8, 0.5f);
    check(x, quarters,
          {{6, [](M& m) { m.node("Softmax", {"x"}, {"y"}); }},
           {11, [](M& m) { m.node("Softmax", {"x"}, {"y"}).set("axis", -2); }}});
    check(x, halves,
          {{12, [](M& m) { m.node("Softmax", {"x"}, {"y"}).set("axis", 2); }},
           {13, [](M& m) { m.node("Softmax", {"x"}, {"y"}); }},
           {13, [](M& m) { m.node("Softmax", {"x"}, {"y"}).set("axis", 1); }}});
}

TEST_CASE("BatchNormalization: how training is told from inference") {
    const auto norm = [](M& m, const std::vector<std::string>& outputs = {"y"}) {
        m.floats("scale", {1}, {2}).floats("bias", {1}, {1}).floats("mean", {1}, {1}).floats("var", {1}, {4});
        return m.node("BatchNormalization", {"x", "scale", "bias", "mean", "var"}, outputs)
            .set("epsilon", 0.f);
    };
    const std::vector<std::string> trained = {"y", "m", "v"};
    check(kImage, Tensor::of({1, 1, 2, 2}, {1, 2, 3, 4}),
          {{6, [&](M& m) { norm(m).set("is_test", 1).set("momentum", 0.9f).set("spatial", 1); }},
           {6, [&](M& m) { norm(m); }},
           {7, [&](M& m) { norm(m).set("spatial", 1); }},
           {9, [&](M& m) { norm(m); }},
           {14, [&](M& m) { norm(m).set("training_mode", 0); }},
           {15, [&](M& m) { norm(m); }}});
    for (const Version& version :
         {Version{6, [&](M& m) { norm(m, trained); }}, Version{9, [&](M& m) { norm(m, trained); }},
          Version{14, [&](M& m) { norm(m, trained).set("training_mode", 1); }}})
        CHECK_THROWS_WITH(run(version, kImage), doctest::Contains("training mode"));
}

TEST_CASE("Dropout passes its input on") {
    const auto asked = [](bool training) {
        return [training](M& m) {
            m.floats("ratio", {}, {0.5f});
            auto* mode = m.graph().add_initializer();
            mode->set_name("mode");
            mode->set_data_type(onnx::TensorProto::BOOL);
            mode->add_int32_data(training ? 1 : 0);
            m.node("Dropout", {"x", "ratio", "mode"}, {"y", "mask"});
        };
    };
    check(kTwoByThree, kTwoByThree,
          {{6,
            [](M& m) {
                m.node("Dropout", {"x"}, {"y", "mask"}).set("is_test", 1);
            }},
           {7, [](M& m) { m.node("Dropout", {"x"}, {"y"}).set("ratio", 0.3f); }},
           {12, [](M& m) { m.node("Dropout", {"x"}, {"y"}); }},
           {13, asked(false)}});
    CHECK_THROWS_WITH(run({13, asked(true)}, kTwoByThree), doctest::Contains("training mode"));
    const Version random{6, [](M& m) { m.node("Dropout", {"x"}, {"y"}); }};
    CHECK_THROWS_WITH(run(random, kTwoByThree), doctest::Contains("training mode"));
}

TEST_CASE("Gemm: the third input is added by broadcasting, and may be left out from 11 on") {
    check(kTwoByThree, Tensor::of({2, 1}, {12, 30}),
          {{6,
            [](M& m) {
                m.floats("w", {3, 1}, {2, 2, 2}).floats("c", {1}, {0});
                m.node("Gemm", {"x", "w", "c"}, {"y"}).set("broadcast", 1);
            }},
           {7,
            [](M& m) {
                m.floats("w", {3, 1}, {1, 1, 1}).floats("c", {1}, {0});
                m.node("Gemm", {"x", "w", "c"}, {"y"}).set("alpha", 2.f);
            }},
           {11, [](M& m) {
                m.floats("w", {1, 3}, {2, 2, 2}).node("Gemm", {"x", "w"}, {"y"}).set("transB", 1);
            }}});
}

TEST_CASE("Upsample and Resize before operator set 11 take input x / scale") {
    const auto upsampled = Tensor::of({1, 1, 2, 4}, {1, 1, 2, 2, 3, 3, 4, 4});
    const Floats twice = {1, 1, 1, 2};
    check(kImage, upsampled,
          {{7, [&](M& m) { m.node("Upsample", {"x"}, {"y"}).set("scales", twice); }},
           {9,
            [&](M& m) {
                m.floats("s", {4}, twice).node("Upsample", {"x", "s"}, {"y"});
            }},
           {10,
            [&](M& m) {
                m.floats("s", {4}, twice).node("Resize", {"x", "s"}, {"y"});
            }},
           {13,
            [&](M& m) {
                m.floats("s", {4}, twice)
                    .node("Resize", {"x", "", "s"}, {"y"})
                    .set("coordinate_transformation_mode", "asymmetric")
                    .set("nearest_mode", "floor");
            }},
           {18, [&](M& m) {
                m.ints("sizes", {4})
                    .node("Resize", {"x", "", "", "sizes"}, {"y"})
                    .set("axes", Ints{3})
                    .set("coordinate_transformation_mode", "asymmetric")
                    .set("nearest_mode", "floor");
            }}});
    check(kImage, Tensor::of({1, 1, 2, 4}, {1, 1.5f, 2, 2, 3, 3.5f, 4, 4}),
          {{7, [&](M& m) { m.node("Upsample", {"x"}, {"y"}).set("mode", "linear").set("scales", twice); }},
           {10, [&](M& m) {
                m.floats("s", {4}, twice).node("Resize", {"x", "s"}, {"y"}).set("mode", "linear");
            }}});
    // ONNX's test of Resize-10: 0.6 of 2x4 keeps elements 0 and 2 of the first row.
    check(Tensor::of({1, 1, 2, 4}, {1, 2, 3, 4, 5, 6, 7, 8}), Tensor::of({1, 1, 1, 2}, {1, 3}),
          {{10, [](M& m) {
                m.floats("s", {4}, {1, 1, 0.6f, 0.6f}).node("Resize", {"x", "s"}, {"y"});
            }}});
    const Version both{10, [](M& m) {
                           m.floats("s", {4}, {1, 1, 2, 0.5f}).node("Resize", {"x", "s"}, {"y"});
                       }};
    CHECK_THROWS_WITH(run(both, kImage), doctest::Contains("Resize, both shrinking and enlarging"));
}

TEST_CASE("Reshape: 0 keeps a dimension, unless allowzero makes it one") {
    check(kTwoByThree, Tensor::of({2, 1, 3}, {1, 2, 3, 4, 5, 6}),
          {{6,
            [](M& m) {
                m.ints("shape", {0, 1, -1}).node("Reshape", {"x", "shape"}, {"y"});
            }},
           {14, [](M& m) {
                m.ints("shape", {2, 1, -1}).node("Reshape", {"x", "shape"}, {"y"}).set("allowzero", 1);
            }}});
    check(Tensor(DataType::kFloat32, {0, 3}), Tensor(DataType::kFloat32, {3, 0}),
          {{14, [](M& m) {
                m.ints("shape", {3, 0}).node("Reshape", {"x", "shape"}, {"y"}).set("allowzero", 1);
            }}});
}
