// Covers add, div, mul, sub.
#include "tests/ops/compiled.h"

#include <functional>
#include <limits>

using namespace dyce;
using namespace dyce::test;

namespace {

constexpr auto kLowest = std::numeric_limits<std::int64_t>::min();

// Element by element, every index split into its axes: no shortcuts.
Tensor broadcast(const Tensor& a, const Tensor& b, const Shape& result,
                 const std::function<double(double, double)>& f) {
    const auto at = [&](const Tensor& t, std::int64_t place) {
        std::int64_t offset = 0, stride = 1;
        for (int axis = -1; axis >= -result.rank(); --axis) {
            const std::int64_t index = place % result[axis];
            place /= result[axis];
            if (-axis > t.shape().rank()) continue;
            if (t.shape()[axis] != 1) offset += index * stride;
            stride *= t.shape()[axis];
        }
        return static_cast<double>(t.data<float>()[offset]);
    };
    std::vector<double> values;
    for (std::int64_t i = 0; i < result.elements(); ++i) values.push_back(f(at(a, i), at(b, i)));
    return tensor(result, values);
}

struct Case {
    Shape a, b, result;
};

const std::vector<Case> kCases = {
    {{}, {}, {}},
    {{5}, {}, {5}},
    {{}, {2, 3}, {2, 3}},
    {{2, 3}, {2, 3}, {2, 3}},
    {{2, 3}, {3}, {2, 3}},
    {{4, 1}, {1, 5}, {4, 5}},
    {{2, 19, 5, 3}, {2, 19, 5, 3}, {2, 19, 5, 3}},
    {{2, 19, 5, 3}, {2, 19, 1, 1}, {2, 19, 5, 3}},
    {{2, 19, 5, 3}, {19, 1, 1}, {2, 19, 5, 3}},
    {{2, 19, 5, 3}, {3}, {2, 19, 5, 3}},
    {{2, 19, 5, 3}, {1, 1, 5, 3}, {2, 19, 5, 3}},
    {{2, 19, 5, 3}, {2, 1, 5, 1}, {2, 19, 5, 3}},
    {{2, 19, 5, 3}, {1}, {2, 19, 5, 3}},
    {{1, 19, 1, 1}, {2, 19, 5, 3}, {2, 19, 5, 3}},
    {{2, 1, 5, 1}, {1, 19, 1, 3}, {2, 19, 5, 3}},
    {{2, 0, 3}, {3}, {2, 0, 3}},
    {{2, 1, 2, 1, 2, 1, 2, 3}, {2, 2, 2, 2, 1, 2, 1, 1}, {2, 2, 2, 2, 2, 2, 2, 3}},
};

std::string text_of(const Case& row) { return row.a.to_string() + " with " + row.b.to_string(); }

}  // namespace

TEST_CASE("arithmetic broadcasts as NumPy does") {
    const std::pair<std::string, std::function<double(double, double)>> functions[] = {
        {"Add", std::plus<double>()},
        {"Sub", std::minus<double>()},
        {"Mul", std::multiplies<double>()},
        {"Div", std::divides<double>()}};
    for (const auto& function : functions)
        for (const Case& row : kCases) {
            CAPTURE(function.first);
            CAPTURE(text_of(row));
            const Tensor a = random_tensor(row.a, 1), b = random_tensor(row.b, 2, 1, 2);
            check_close(run_reference(function.first, {a, b}), broadcast(a, b, row.result, function.second));
        }
}

TEST_CASE("arithmetic computes the same compiled, in any layout") {
    for (const std::string op : {"Add", "Sub", "Mul", "Div"})
        for (const Case& row : kCases)
            for (const Layout first : layouts_of(row.a))
                for (const Layout second : layouts_of(row.b)) {
                    CAPTURE(op);
                    CAPTURE(text_of(row));
                    CAPTURE(name_of(first));
                    CAPTURE(name_of(second));
                    GraphBuilder builder(false);
                    const ValueId a = add_input(builder, row.a, first), b = add_input(builder, row.b, second);
                    const ValueId divisor =
                        builder.add("Exp", {b});  // away from zero, free to be overwritten
                    builder.output(builder.add(op, {a, divisor}));
                    builder.output(builder.add(op, {builder.add("Exp", {a}), divisor}));
                    check_compiled(std::move(builder).build());
                }
}

TEST_CASE("arithmetic with constants computes the same compiled") {
    for (const Case& row : kCases)
        for (const bool constant_first : {false, true}) {
            CAPTURE(text_of(row));
            CAPTURE(constant_first);
            GraphBuilder builder(false);
            const ValueId a =
                constant_first ? builder.constant("a", random_tensor(row.a, 5)) : add_input(builder, row.a);
            const ValueId b = constant_first ? add_input(builder, row.b)
                                             : builder.constant("b", random_tensor(row.b, 5, 1, 2));
            if (row.a.rank() == 4) builder.output(builder.add("Add", {a, b}));
            builder.output(builder.add("Sub", {a, b}));
            check_compiled(std::move(builder).build());
        }
}

TEST_CASE("arithmetic takes post-ops along") {
    for (const Layout layout : layouts_of({2, 19, 5, 3}))
        for (const Shape& operand : {Shape{2, 19, 5, 3}, Shape{19, 1, 1}, Shape{1}}) {
            CAPTURE(name_of(layout));
            CAPTURE(operand.to_string());
            GraphBuilder builder(false);
            const ValueId x = add_input(builder, {2, 19, 5, 3}, layout);
            const ValueId y = add_input(builder, {2, 19, 5, 3}, Layout::kAsConvWritesIt);
            const ValueId scale = add_input(builder, operand);
            builder.output(builder.add("Add", {x, y}));
            Graph graph = std::move(builder).build();
            append_post_op(graph, "Relu");
            append_post_op(graph, "Mul", scale);
            check_compiled(graph);
        }
}

TEST_CASE("an operand may meet itself") {
    GraphBuilder builder(false);
    const ValueId x = builder.add("Exp", {add_input(builder, {2, 3})});
    builder.output(builder.add("Mul", {x, x}));
    check_compiled(std::move(builder).build());
}

TEST_CASE("integers wrap around, and are cut towards zero") {
    const auto i64 = DataType::kInt64, i32 = DataType::kInt32, u8 = DataType::kUint8;
    const auto run = [](const char* op, DataType type, double a, double b) {
        return values_of(run_reference(op, {tensor(type, {1}, {a}), tensor(type, {1}, {b})}))[0];
    };
    CHECK(run("Add", u8, 250, 10) == 4);
    CHECK(run("Sub", u8, 3, 5) == 254);
    CHECK(run("Mul", i32, 65536, 65536) == 0);
    CHECK(run("Sub", i32, -2147483648.0, 1) == 2147483647);
    CHECK(run("Div", i64, 7, -2) == -3);
    CHECK(run("Div", i64, double(kLowest), -1) == double(kLowest));
    CHECK(run("Div", i32, -7, 2) == -3);
    CHECK_THROWS_WITH_AS(run("Div", i64, 1, 0), doctest::Contains("divides an integer by zero"), Error);
}

TEST_CASE("arithmetic refuses operands that do not fit") {
    check_refused("Add", {f32({2, 3}), f32({2})}, {}, "shapes 2x3 and 2 do not broadcast");
    check_refused("Mul", {f32({0}), f32({2})}, {}, "do not broadcast");
    check_refused("Add", {f32({2}), {DataType::kInt64, {2}}}, {}, "operands are float32 and int64");
    check_refused("Div", {{DataType::kBool, {2}}, {DataType::kBool, {2}}}, {}, "expected numbers");
    check_refused("Sub", {f32({2})}, {}, "has 1 inputs, expected 2");
}
