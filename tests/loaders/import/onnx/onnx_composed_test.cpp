// Covers convert_activations, convert_quantized.
// Operators that become several of ours, or fewer: expected values are worked out by hand.
#include "tests/loaders/import/onnx/onnx_versions.h"

using namespace dyce;
using namespace dyce::test;

TEST_CASE("Max, Min and Mean of any count; a bound is a Clip") {
    check(kTwoByThree, Tensor::of({2, 3}, {3, 3, 3, 4, 5, 6}),
          {{6,
            [](M& m) {
                m.floats("b", {2, 3}, {3, 3, 3, 0, 0, 0}).node("Max", {"x", "b"}, {"y"});
            }},
           {13,
            [](M& m) {
                m.floats("b", {3}, {3, 3, 3}).node("Max", {"b", "x", "x"}, {"y"});
            }},
           {13, [](M& m) {
                m.floats("b", {}, {3}).node("Max", {"b", "x"}, {"y"});
            }}});
    check(kTwoByThree, Tensor::of({2, 3}, {1, 2, 3, 3, 3, 3}),
          {{13, [](M& m) {
                m.floats("b", {1}, {3}).node("Min", {"x", "b"}, {"y"});
            }}});
    check(kTwoByThree, kTwoByThree, {{13, [](M& m) { m.node("Max", {"x"}, {"y"}); }}});
    check(kTwoByThree, Tensor::of({2, 3}, {1, 2, 2.5f, 2.5f, 3.5f, 4}),
          {{13, [](M& m) {
                m.floats("b", {3}, {1, 2, 2}).node("Mean", {"x", "b"}, {"y"});
            }}});
}

TEST_CASE("activations that are written out") {
    const Tensor x = Tensor::of({1, 2, 1, 2}, {-2, -1, 0.5f, 3});
    check(x, Tensor::of({1, 2, 1, 2}, {-1, -0.5f, 0.5f, 3}),
          {{6,
            [](M& m) {
                m.floats("s", {1}, {0.5f}).node("PRelu", {"x", "s"}, {"y"});
            }},
           {16, [](M& m) {
                m.floats("s", {2, 1, 1}, {0.5f, 9}).node("PRelu", {"x", "s"}, {"y"});
            }}});
    check(x, Tensor::of({1, 2, 1, 2}, {-1.520166f, -1.111331f, 0.525351f, 3.152103f}),
          {{6, [](M& m) { m.node("Selu", {"x"}, {"y"}); }}});
    check(x, Tensor::of({1, 2, 1, 2}, {-1.264241f, -0.786939f, 0.5f, 3}),
          {{12, [](M& m) { m.node("Celu", {"x"}, {"y"}).set("alpha", 2.f); }}});
    check(x, Tensor::of({1, 2, 1, 2}, {-2 / 3.f, -0.5f, 1 / 3.f, 0.75f}),
          {{6, [](M& m) { m.node("Softsign", {"x"}, {"y"}); }}});
    check(x, Tensor::of({1, 2, 1, 2}, {-0.5f, -1, 2, 1 / 3.f}),
          {{6, [](M& m) { m.node("Reciprocal", {"x"}, {"y"}); }}});
    const auto foreign = [](const char* op) {
        return [op](M& m) { m.node(op, {"x"}, {"y"}).proto()->set_domain("com.microsoft"); };
    };
    check(x, Tensor::of({1, 2, 1, 2}, {-0.045500f, -0.158655f, 0.345731f, 2.995950f}),
          {{12, foreign("Gelu")}});
    check(x, Tensor::of({1, 2, 1, 2}, {-0.0643414f, -0.154204f, 0.350390f, 2.981933f}),
          {{12, foreign("QuickGelu")}});
}

TEST_CASE("Dropout that drops nothing, Cast to halves, If with a constant condition") {
    const auto constant = [](M& m, const char* name, int type, int value) {
        auto* tensor = m.graph().add_initializer();
        tensor->set_name(name);
        tensor->set_data_type(type);
        tensor->add_int32_data(value);
    };
    check(kTwoByThree, kTwoByThree,
          {{13,
            [&](M& m) {
                m.floats("ratio", {}, {0});
                constant(m, "mode", onnx::TensorProto::BOOL, 1);
                m.node("Dropout", {"x", "ratio", "mode"}, {"y"});
            }},
           {13, [](M& m) {
                m.node("Cast", {"x"}, {"half"}).set("to", onnx::TensorProto::FLOAT16);
                m.node("Cast", {"half"}, {"y"}).set("to", onnx::TensorProto::FLOAT);
            }}});
    const auto choose = [&](int condition) {
        return [=](M& m) {
            constant(m, "condition", onnx::TensorProto::BOOL, condition);
            auto node = m.node("If", {"condition"}, {"y"});
            for (const char* branch : {"then_branch", "else_branch"}) {
                auto* graph = node.add(branch, onnx::AttributeProto::GRAPH)->mutable_g();
                auto* inner = graph->add_node();  // both branches use the same names
                inner->set_op_type(branch[0] == 't' ? "Neg" : "LSTM");
                inner->add_input("x");
                inner->add_output("inner");
                auto* last = graph->add_node();
                last->set_op_type("Neg");
                last->add_input("inner");
                last->add_output("result");
                graph->add_output()->set_name("result");
            }
        };
    };
    check(kTwoByThree, kTwoByThree, {{13, choose(1)}});
    CHECK_THROWS_WITH(run({13, choose(0)}, kTwoByThree), doctest::Contains("LSTM: 1 node"));
}

TEST_CASE("GroupNormalization: scale and bias of groups, then of channels; instances are groups of one") {
    const Tensor x = Tensor::of({1, 4, 2}, {1, 3, 1, 3, 2, 6, 2, 6});
    const Tensor y = Tensor::of({1, 4, 2}, {-1, 1, -1, 1, -2, 4, -2, 4});
    check(x, y,
          {{18,
            [](M& m) {
                m.floats("s", {2}, {1, 3}).floats("b", {2}, {0, 1});
                m.node("GroupNormalization", {"x", "s", "b"}, {"y"}).set("num_groups", 2).set("epsilon", 0.f);
            }},
           {21,
            [](M& m) {
                m.floats("s", {4}, {1, 1, 3, 3}).floats("b", {4}, {0, 0, 1, 1});
                m.node("GroupNormalization", {"x", "s", "b"}, {"y"}).set("num_groups", 2).set("epsilon", 0.f);
            }},
           {6, [](M& m) {
                m.floats("s", {4}, {1, 1, 3, 3}).floats("b", {4}, {0, 0, 1, 1});
                m.node("InstanceNormalization", {"x", "s", "b"}, {"y"}).set("epsilon", 0.f);
            }}});
}

TEST_CASE("blocks of pixels become channels and come back") {
    const Tensor x = Tensor::of({1, 1, 2, 4}, {1, 2, 3, 4, 5, 6, 7, 8});
    check(x, Tensor::of({1, 4, 1, 2}, {1, 3, 2, 4, 5, 7, 6, 8}),
          {{6, [](M& m) { m.node("SpaceToDepth", {"x"}, {"y"}).set("blocksize", 2); }}});
    for (const char* mode : {"DCR", "CRD"})
        check(x, x, {{13, [mode](M& m) {
                          m.node("SpaceToDepth", {"x"}, {"s"}).set("blocksize", 2);
                          m.node("DepthToSpace", {"s"}, {"y"}).set("blocksize", 2).set("mode", mode);
                      }}});
}

TEST_CASE("weights of four bits, a scale for each block of them") {
    // -8 .. 7 and 0 .. 15, two to a byte, the first in the lower half; three rows of four, blocks of two along axis 1.
    const auto weights = [](M& m, int type, const std::string& raw) {
        auto* w = m.graph().add_initializer();
        w->set_name("w");
        w->set_data_type(type);
        w->add_dims(3);
        w->add_dims(4);
        w->set_raw_data(raw);
    };
    const auto dequantized = [&](int type, bool as_integers) {
        return [=](M& m) {
            const std::string raw("\x10\x87\xf2\x43\x65\x9e", 6);
            weights(m, type, raw);
            if (as_integers) {  // the same in the field for 32-bit numbers
                auto* w = m.graph().mutable_initializer(0);
                w->clear_raw_data();
                for (const char byte : raw) w->add_int32_data(static_cast<unsigned char>(byte));
            }
            m.floats("s", {3, 2}, {1, 2, 3, 4, 5, 6});
            m.node("DequantizeLinear", {"w", "s"}, {"f"}).set("axis", 1).set("block_size", 2);
            m.node("Mul", {"x", "f"}, {"y"});
        };
    };
    Tensor ones(DataType::kFloat32, {3, 4});
    std::fill_n(ones.mutable_data<float>(), 12, 1.f);
    for (const bool as_integers : {false, true}) {
        check(ones, Tensor::of({3, 4}, {0, 1, 14, -16, 6, -3, 12, 16, 25, 30, -12, -42}),
              {{21, dequantized(22, as_integers)}});
        check(ones, Tensor::of({3, 4}, {0, 1, 14, 16, 6, 45, 12, 16, 25, 30, 84, 54}),
              {{21, dequantized(21, as_integers)}});
    }
    const Version odd{21, [&](M& m) {
                          weights(m, 22, "12345");
                          m.floats("s", {}, {1}).node("DequantizeLinear", {"w", "s"}, {"y"});
                      }};
    CHECK_THROWS_WITH(run(odd, ones), doctest::Contains("holds 10 values, the shape 3x4 needs 12"));
}

TEST_CASE("a quantised network is the float network with bounded values") {
    // 0.5 * (0 .. 255 - 4): numbers from -2 to 125.5.
    const auto quantized = [](M& m) {
        m.floats("scale", {}, {0.5f});
        auto* zero = m.graph().add_initializer();
        zero->set_name("zero");
        zero->set_data_type(onnx::TensorProto::UINT8);
        zero->add_int32_data(4);
        auto* weights = m.graph().add_initializer();
        weights->set_name("w");
        weights->set_data_type(onnx::TensorProto::INT8);
        weights->add_dims(3);
        for (int value : {-4, 2, 6}) weights->add_int32_data(value);
        m.node("QuantizeLinear", {"x", "scale", "zero"}, {"q"});
        m.node("DequantizeLinear", {"q", "scale", "zero"}, {"d"});
        m.node("DequantizeLinear", {"w", "scale"}, {"v"});
        m.node("Mul", {"d", "v"}, {"y"});
    };
    check(Tensor::of({2, 3}, {-3, -2, 7, 200, 1, 125}), Tensor::of({2, 3}, {4, -2, 21, -251, 1, 375}),
          {{10, quantized}, {13, quantized}, {21, quantized}, {13, [&](M& m) {
                                                                   quantized(m);
                                                                   for (int i = 0; i < 3; ++i)
                                                                       m.graph().mutable_node(i)->set_domain(
                                                                           "com.microsoft");
                                                               }}});
    const auto of_type = [](int type) {
        return Version{21, [type](M& m) {
                           m.floats("scale", {}, {0.5f});
                           m.node("QuantizeLinear", {"x", "scale"}, {"q"}).set("output_dtype", type);
                           m.node("DequantizeLinear", {"q", "scale"}, {"y"});
                       }};
    };
    const Tensor wide = Tensor::of({1, 4}, {-70, -1, 60, 200});
    check(wide, Tensor::of({1, 4}, {-64, -1, 60, 63.5f}), {of_type(3)});              // int8
    check(wide, Tensor::of({1, 4}, {-4, -1, 3.5f, 3.5f}), {of_type(22)});             // int4
    check(wide, Tensor::of({1, 4}, {0, 0, 60, 127.5f}), {of_type(2)});                // uint8
    CHECK_THROWS_WITH(run(of_type(17), wide), doctest::Contains("output_dtype 17"));  // 8-bit floats
    const Version dynamic{13, [](M& m) {
                              m.node("DynamicQuantizeLinear", {"x"}, {"q", "s", "z"});
                              m.node("Relu", {"s"}, {"y"});
                          }};
    CHECK_THROWS_WITH(run(dynamic, kTwoByThree), doctest::Contains("dyce quantize"));
    const Version integers{13, [](M& m) {
                               m.floats("scale", {}, {1}).node("QuantizeLinear", {"x", "scale"}, {"q"});
                               m.node("MaxPool", {"q"}, {"y"}).set("kernel_shape", Ints{1});
                           }};
    CHECK_THROWS_WITH(run(integers, kTwoByThree), doctest::Contains("reads integers of QuantizeLinear"));
}

TEST_CASE("pools wider than the map with ceil_mode see all of it") {
    const Tensor x = Tensor::of({1, 1, 1, 3}, {1, 2, 6});
    const auto pool = [](const char* op) {
        return [op](M& m) {
            m.node(op, {"x"}, {"y"})
                .set("kernel_shape", Ints{1, 8})
                .set("strides", Ints{1, 8})
                .set("ceil_mode", 1);
        };
    };
    check(x, Tensor::of({1, 1, 1, 1}, {3}), {{10, pool("AveragePool")}, {22, pool("AveragePool")}});
    check(x, Tensor::of({1, 1, 1, 1}, {6}), {{10, pool("MaxPool")}});
}

TEST_CASE("Einsum: sums, products and what is no equation") {
    const auto einsum = [](const char* equation) {
        return [equation](M& m) {
            m.floats("w", {3, 2}, {1, 0, 0, 1, 1, 1});
            m.node("Einsum", {"x", "w"}, {"y"}).set("equation", equation);
        };
    };
    check(kTwoByThree, Tensor::of({2, 2}, {4, 5, 10, 11}),
          {{12, einsum("ij,jk->ik")}, {13, einsum("ij, jk")}});
    check(kTwoByThree, Tensor::of({2}, {4 + 10, 5 + 11}), {{12, einsum("ij,jk->k")}});
    check(kTwoByThree, Tensor::of({2, 2}, {4, 10, 5, 11}), {{12, einsum("...j,jk->k...")}});
    check(kTwoByThree, Tensor::of({1, 1}, {1}),
          {{12, [](M& m) {
                m.floats("u", {3}, {1, 0, 0}).floats("v", {2}, {1, 0});
                m.node("Einsum", {"x", "u", "v"}, {"s"}).set("equation", "ij,j,i->");
                m.ints("shape", {1, 1}).node("Reshape", {"s", "shape"}, {"y"});
            }}});
    for (const char* equation : {"ij,jk->ii", "ij,jk->z", "1j,jk->k", "ij->i", "ijk,jk->i", "i.j,jk->k"})
        CHECK_THROWS_WITH(run({12, einsum(equation)}, kTwoByThree), doctest::Contains("equation"));
}
