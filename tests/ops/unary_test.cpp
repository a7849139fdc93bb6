// Covers abs, clip, cos, elu, erf, exp, gelu, hard_sigmoid, hard_swish, leaky_relu, log, mish, neg, relu,
// sigmoid, sin, softplus, sqrt, swish, tanh, thresholded_relu.
#include "tests/ops/compiled.h"

#include <limits>

using namespace dyce;
using namespace dyce::test;

namespace {

struct Case {
    std::string op;
    Attributes attributes;
    std::vector<std::pair<double, double>> points;  ///< x and f(x), by the operators' published definitions
};

const std::vector<Case> kCases = {
    {"Abs", {}, {{-1.5, 1.5}, {2, 2}}},
    {"Clip", {{"min", -1.f}, {"max", 2.f}}, {{-3, -1}, {-1, -1}, {0.5, 0.5}, {9, 2}}},
    {"Clip", {{"min", 0.25f}}, {{-3, 0.25}, {1e30, 1e30}}},
    {"Clip", {{"max", 6.f}}, {{-1e30, -1e30}, {7, 6}}},
    {"Clip", {}, {{-1e30, -1e30}, {3, 3}}},
    {"Clip", {{"min", 2.f}, {"max", 1.f}}, {{0, 1}, {1.5, 1}, {3, 1}}},  // the upper bound wins
    {"Cos", {}, {{-1, 0.540302306}, {0, 1}, {3, -0.989992497}}},
    {"Elu", {}, {{-3, -0.950212932}, {-1, -0.632120559}, {2, 2}}},
    {"Elu", {{"alpha", 2.f}}, {{-1, -1.264241118}, {2, 2}}},
    {"Erf", {}, {{-3, -0.99997791}, {-0.5, -0.520499878}, {0, 0}, {1, 0.842700793}}},
    {"Exp", {}, {{-6, 0.002478752}, {0, 1}, {3, 20.085536923}}},
    {"Gelu", {}, {{-6, -6e-9}, {-1, -0.158655254}, {0.5, 0.345731231}, {2, 1.954499736}}},
    {"Gelu", {{"approximate", "none"}}, {{-3, -0.004049694}, {1, 0.841344746}}},
    {"Gelu", {{"approximate", "tanh"}}, {{-3, -0.003637392}, {1, 0.841191991}, {2, 1.954597694}}},
    {"HardSigmoid", {}, {{-3, 0}, {-2, 0.1}, {0, 0.5}, {1, 0.7}, {3, 1}}},
    {"HardSigmoid", {{"alpha", 0.5f}, {"beta", 0.25f}}, {{-1, 0}, {0.5, 0.5}, {2, 1}}},
    {"HardSwish", {}, {{-4, 0}, {-1, -1 / 3.0}, {1, 2 / 3.0}, {2, 5 / 3.0}, {4, 4}}},
    {"LeakyRelu", {}, {{-2, -0.02}, {0, 0}, {3, 3}}},
    {"LeakyRelu", {{"alpha", 0.25f}}, {{-2, -0.5}, {3, 3}}},
    {"Log", {}, {{1, 0}, {3, 1.098612289}, {0.5, -0.693147181}}},
    {"Mish", {}, {{-20, -4.12230724e-8}, {-1, -0.303401461}, {0, 0}, {2, 1.943958959}, {50, 50}}},
    {"Neg", {}, {{-1.5, 1.5}, {2, -2}}},
    {"Relu", {}, {{-1.5, 0}, {0, 0}, {2, 2}}},
    {"Sigmoid", {}, {{-6, 0.002472623}, {-0.5, 0.377540669}, {0, 0.5}, {3, 0.952574127}}},
    {"Sin", {}, {{-1, -0.841470985}, {0, 0}, {3, 0.141120008}}},
    {"Softplus",
     {},
     {{-20, 2.06115362e-9}, {-1, 0.313261688}, {0, 0.693147181}, {3, 3.048587352}, {100, 100}}},
    {"Sqrt", {}, {{0, 0}, {2, 1.414213562}, {9, 3}, {-1, std::nan("")}}},
    {"Swish", {}, {{-6, -0.014835739}, {-1, -0.268941421}, {1, 0.731058579}, {3, 2.85772238}}},
    {"Swish", {{"alpha", 1.702f}}, {{-1, -0.154204234}, {2, 1.935658623}}},
    {"ThresholdedRelu", {}, {{-1, 0}, {0.5, 0}, {1, 0}, {1.5, 1.5}}},
    {"ThresholdedRelu", {{"alpha", -2.f}}, {{-3, 0}, {-1, -1}, {2, 2}}},
    {"Tanh", {}, {{-6, -0.999987712}, {-0.5, -0.462117157}, {2, 0.96402758}}},
};

Graph graph_of(const Case& row, const Shape& shape, Layout layout) {
    GraphBuilder builder(false);
    const ValueId x = add_input(builder, shape, layout);
    builder.output(builder.add(row.op, {builder.add("Abs", {x})}, row.attributes));
    builder.output(builder.add(row.op, {x}, row.attributes));
    return std::move(builder).build();
}

}  // namespace

TEST_CASE("functions of one value are those of their definitions") {
    for (const Case& row : kCases) {
        CAPTURE(row.op);
        std::vector<double> x, y;
        for (const auto& [from, to] : row.points) x.push_back(from), y.push_back(to);
        const Shape shape{static_cast<std::int64_t>(x.size())};
        check_close(run_reference(row.op, {tensor(shape, x)}, row.attributes), tensor(shape, y), 5e-7);
        check_close(run_reference(row.op, {tensor({}, {x[0]})}, row.attributes), tensor({}, {y[0]}), 5e-7);
        check_close(run_reference(row.op, {tensor({2, 0}, {})}, row.attributes), tensor({2, 0}, {}));
    }
}

TEST_CASE("functions of one value compute the same compiled, in any layout") {
    for (const Case& row : kCases)
        for (const Layout layout : layouts_of({2, 19, 5, 3})) {
            CAPTURE(row.op);
            CAPTURE(name_of(layout));
            check_compiled(graph_of(row, {2, 19, 5, 3}, layout));
        }
    for (const Shape& shape : {Shape{}, Shape{1000}, Shape{2, 0}, Shape{2, 1, 2, 1, 3, 1, 2, 2}})
        check_compiled(graph_of({"HardSigmoid", {}, {}}, shape, Layout::kRowMajor));
}

TEST_CASE("functions of one value refuse what they do not know") {
    check_refused("Tanh", {{DataType::kUint8, {2}}}, {}, "input 0 is uint8, expected float32");
    check_refused("Gelu", {{DataType::kInt64, {2}}}, {}, "input 0 is int64, expected float32");
    check_refused("Gelu", {f32({2})}, {{"approximate", "erf"}}, "\"approximate\" is \"erf\"");
    check_refused("Clip", {f32({2})}, {{"min", std::int64_t{0}}}, "\"min\" is of kind int, expected float");
    check_refused("Relu", {f32({1}), f32({1})}, {}, "has 2 inputs, expected 1");
    check_refused("Relu", {f32({1})}, {{"alpha", 1.f}}, "no attribute \"alpha\"");
    check_refused("Relu", {f32({1})}, {}, "has 2 outputs, expected 1", 2);
}
