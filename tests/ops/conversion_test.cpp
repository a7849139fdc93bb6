// Covers cast, dropout, identity, pow.
#include "tests/ops/compiled.h"

#include <limits>

using namespace dyce;
using namespace dyce::test;

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

Attributes to(std::int64_t type) { return {{"to", type}}; }

}  // namespace

TEST_CASE("Cast keeps the value where the type can hold it") {
    using Type = DataType;
    const struct {
        Type from;
        double value;
        std::int64_t to;
        Type type;
        double expected;
    } rows[] = {
        {Type::kInt64, 7, 1, Type::kFloat32, 7},
        {Type::kFloat32, -2.75, 7, Type::kInt64, -2},
        {Type::kFloat32, 2.75, 6, Type::kInt32, 2},
        {Type::kFloat32, 1e30, 6, Type::kInt32, 2147483647},
        {Type::kFloat32, -1e30, 6, Type::kInt32, -2147483648.0},
        {Type::kFloat32, 300, 2, Type::kUint8, 255},
        {Type::kFloat32, -1, 2, Type::kUint8, 0},
        {Type::kFloat32, kNan, 7, Type::kInt64, 0},
        {Type::kFloat32, kNan, 9, Type::kBool, 1},
        {Type::kFloat32, 0.25, 9, Type::kBool, 1},
        {Type::kFloat32, -0.0, 9, Type::kBool, 0},
        {Type::kInt32, 256, 9, Type::kBool, 1},
        {Type::kInt64, 4294967299, 6, Type::kInt32, 3},
        {Type::kInt32, -1, 2, Type::kUint8, 255},
        {Type::kBool, 1, 1, Type::kFloat32, 1},
        {Type::kUint8, 200, 7, Type::kInt64, 200},
        {Type::kFloat32, 0.5, 1, Type::kFloat32, 0.5},
    };
    for (const auto& row : rows) {
        CAPTURE(row.value);
        CAPTURE(row.to);
        check_close(run_reference("Cast", {tensor(row.from, {1}, {row.value})}, to(row.to)),
                    tensor(row.type, {1}, {row.expected}));
    }
    check_close(run_reference("Cast", {tensor({0, 2}, {})}, to(7)), tensor(DataType::kInt64, {0, 2}, {}));
}

TEST_CASE("Pow has the type of its base, and broadcasts") {
    const auto i32 = DataType::kInt32, i64 = DataType::kInt64, f = DataType::kFloat32;
    check_close(run_reference("Pow", {tensor({2, 3}, {1, 2, 3, 4, 5, 6}), tensor({3}, {0, 1, 2})}),
                tensor({2, 3}, {1, 2, 9, 1, 5, 36}));
    check_close(run_reference("Pow", {tensor({1}, {-8}), tensor({1}, {1 / 3.0})}), tensor({1}, {kNan}));
    check_close(run_reference("Pow", {tensor({}, {2}), tensor(i64, {3}, {-1, 0, 10})}),
                tensor(f, {3}, {0.5, 1, 1024}));
    check_close(run_reference("Pow", {tensor(i32, {3}, {2, 3, -2}), tensor({1}, {3.0})}),
                tensor(i32, {3}, {8, 27, -8}));
    check_close(run_reference("Pow", {tensor(i64, {2}, {2, 3}), tensor(i32, {2}, {40, 4})}),
                tensor(i64, {2}, {1099511627776.0, 81}));
}

TEST_CASE("Pow computes the same compiled, whatever the exponent is") {
    for (const double power : {2.0, 0.5, 3.0, -1.0, 1.7})
        for (const Layout layout : layouts_of({2, 19, 5, 3}))
            for (const bool constant : {false, true}) {
                CAPTURE(power);
                CAPTURE(name_of(layout));
                GraphBuilder builder(false);
                const ValueId x = builder.add("Exp", {add_input(builder, {2, 19, 5, 3}, layout)});
                const ValueId exponent = builder.constant("exponent", tensor({1}, {power}));
                builder.output(
                    builder.add("Pow", {x, constant ? exponent : builder.add("Identity", {exponent})}));
                check_compiled(std::move(builder).build());
            }
    GraphBuilder builder(false);
    const ValueId x = builder.add("Exp", {add_input(builder, {3})});
    builder.output(builder.add("Pow", {x, builder.constant("rows", tensor({2, 1}, {2, 3}))}));
    builder.output(builder.add("Pow", {x, builder.constant("one", tensor({1, 1}, {2}))}));
    check_compiled(std::move(builder).build());
}

TEST_CASE("Identity and Dropout pass any type on") {
    const Tensor values = tensor(DataType::kInt64, {2, 2}, {1, -2, 3, 4});
    check_close(run_reference("Identity", {values}), values);
    const auto outputs = run_reference_many("Dropout", {values}, {{"ratio", 0.5f}}, 2);
    check_close(outputs[0], values);
    check_close(outputs[1], tensor(DataType::kBool, {2, 2}, {1, 1, 1, 1}));
    check_close(run_reference("Dropout", {tensor({0}, {})}), tensor({0}, {}));
    for (const Layout layout : layouts_of({2, 19, 5, 3})) {
        GraphBuilder builder(false);
        ValueId x = add_input(builder, {2, 19, 5, 3}, layout);
        x = builder.add("Identity", {builder.add("Dropout", {x})});
        builder.output(x);
        builder.output(builder.add("Neg", {x}));
        check_compiled(std::move(builder).build());
    }
}

TEST_CASE("conversions refuse what they do not know") {
    check_refused("Cast", {f32({2})}, to(10), "attribute \"to\" is 10, expected 1 (float32)");
    check_refused("Cast", {f32({2})}, {}, "attribute \"to\" is missing");
    check_refused("Pow", {{DataType::kBool, {2}}, f32({2})}, {}, "an operand is bool");
    check_refused("Pow", {f32({2}), f32({3})}, {}, "shapes 2 and 3 do not broadcast");
    check_refused("Dropout", {f32({2})}, {}, "has 3 outputs, expected 1 to 2", 3);
}
