#include "tests/ops/support.h"

using namespace dyce;
using namespace dyce::test;

TEST_CASE("Relu keeps what is above zero") {
    check_close(run_reference("Relu", {tensor({2, 2}, {-1.5, 0, 2, -0.25})}), tensor({2, 2}, {0, 0, 2, 0}));
    check_close(run_reference("Relu", {tensor({}, {-3})}), tensor({}, {0}));
    check_close(run_reference("Relu", {tensor({2, 0}, {})}), tensor({2, 0}, {}));
}

TEST_CASE("an operator refuses what it does not know") {
    check_refused("Relu", {f32({1}), f32({1})}, {}, "has 2 inputs, expected 1");
    check_refused("Relu", {f32({1})}, {{"alpha", 1.f}}, "no attribute \"alpha\"");
    check_refused("Relu", {f32({1})}, {}, "has 2 outputs, expected 1", 2);
}
