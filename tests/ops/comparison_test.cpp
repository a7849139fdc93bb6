// Covers comparison, equal, greater, greater_or_equal, less, less_or_equal, logical_and, logical_not, logical_or.
#include "tests/ops/compiled.h"

#include <limits>

using namespace dyce;
using namespace dyce::test;

TEST_CASE("comparisons of numbers of any type, broadcast; NaN is neither more nor less nor equal") {
    constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
    const Tensor column = tensor({3, 1}, {1, 2, kNan}), row = tensor({2}, {1, 2});
    const struct {
        const char* op;
        std::vector<double> expected;
    } rows[] = {
        {"Equal", {1, 0, 0, 1, 0, 0}},          {"Greater", {0, 0, 1, 0, 0, 0}},
        {"GreaterOrEqual", {1, 0, 1, 1, 0, 0}}, {"Less", {0, 1, 0, 0, 0, 0}},
        {"LessOrEqual", {1, 1, 0, 1, 0, 0}},
    };
    for (const auto& one : rows) {
        CAPTURE(one.op);
        check_close(run_reference(one.op, {column, row}), tensor(DataType::kBool, {3, 2}, one.expected));
        check_refused(one.op, {f32({2}), {DataType::kInt64, {2}}}, {}, "operands are float32 and int64");
        check_refused(one.op, {f32({2}), f32({3})}, {}, "do not broadcast");
    }
    const auto integers = [](std::vector<double> values) { return tensor(DataType::kInt64, {2}, values); };
    check_close(run_reference("Less", {integers({-3, 4}), integers({4, 4})}),
                tensor(DataType::kBool, {2}, {1, 0}));
    const auto bools = [](std::vector<double> values) { return tensor(DataType::kBool, {4}, values); };
    check_close(run_reference("Equal", {bools({1, 1, 0, 0}), bools({1, 0, 1, 0})}), bools({1, 0, 0, 1}));
    check_refused("Less", {{DataType::kBool, {1}}, {DataType::kBool, {1}}}, {},
                  "expected numbers of one type");
}

TEST_CASE("And, Or and Not of bools") {
    const auto bools = [](std::vector<double> values) { return tensor(DataType::kBool, {4}, values); };
    const Tensor a = bools({1, 1, 0, 0}), b = bools({1, 0, 1, 0});
    check_close(run_reference("And", {a, b}), bools({1, 0, 0, 0}));
    check_close(run_reference("Or", {a, b}), bools({1, 1, 1, 0}));
    check_close(run_reference("Not", {a}), bools({0, 0, 1, 1}));
    check_refused("Or", {f32({1}), f32({1})}, {}, "expected bools");
    check_refused("Not", {f32({1})}, {}, "input 0 is float32, expected bool");
}

TEST_CASE("a choice between values by what the network computes") {
    for (const Layout layout : layouts_of({2, 3, 4, 5})) {
        CAPTURE(name_of(layout));
        GraphBuilder builder(false);
        const ValueId x = add_input(builder, {2, 3, 4, 5}, layout);
        const ValueId zero = builder.constant("zero", tensor({}, {0})),
                      one = builder.constant("one", tensor({}, {0.5}));
        const ValueId above = builder.add("Greater", {x, zero}),
                      high = builder.add("GreaterOrEqual", {x, one});
        const ValueId low =
            builder.add("Not", {builder.add("Or", {builder.add("And", {above, high}), high})});
        builder.output(builder.add("Where", {low, x, builder.add("Relu", {x})}));
        check_compiled(std::move(builder).build());
    }
}
