#include "tests/ops/compiled.h"

using namespace dyce;
using namespace dyce::test;

namespace {

using Ints = std::vector<std::int64_t>;

}  // namespace

TEST_CASE("PooledMlp averages cells, then multiplies, with ReLU between layers") {
    // Two channels of 2x4: the cells of a 1x2 grid average to 1, 2 and 3, 4.
    const Tensor x = tensor({1, 2, 2, 4}, {0, 2, 2, 2, 1, 1, 2, 2, 3, 3, 5, 3, 3, 3, 4, 4});
    const Tensor w0 = tensor({4, 2}, {1, -1, 0, 0, 0, 0, 0, -1}), b0 = tensor({2}, {0.5f, 1});
    const Tensor w1 = tensor({2, 1}, {2, 10}), b1 = tensor({1}, {-1});
    const Attributes grid = {{"grid", Ints{1, 2}}};
    check_close(run_reference("PooledMlp", {x, w0, b0}, grid), tensor({1, 2}, {1.5f, -4}));
    check_close(run_reference("PooledMlp", {x, w0, b0, w1, b1}, grid), tensor({1, 1}, {2}));
    // The cells times 3, 5, 7, -1 are 3, 10 and 21, -4.
    const Tensor factors = tensor({4}, {3, 5, 7, -1});
    check_close(run_reference("PooledMlp", {x, factors, w0, b0}, grid), tensor({1, 2}, {3.5f, 2}));
    CHECK_THROWS_WITH_AS(run_reference("PooledMlp", {x, b1, w0, b0}, grid), doctest::Contains("expected 4"),
                         Error);
    CHECK_THROWS_AS(run_reference("PooledMlp", {x, w0, b0}, {{"grid", Ints{3, 2}}}), Error);
    CHECK_THROWS_AS(run_reference("PooledMlp", {x, w1, b1}, grid), Error);
}

TEST_CASE("PooledMlp computes the same compiled, from any layout, at any batch") {
    const struct {
        Shape x;
        Ints grid, layers;
    } rows[] = {{{1, 16, 8, 8}, {4, 4}, {128, 10}},  {{3, 16, 8, 8}, {4, 4}, {128, 10}},
                {{1, 5, 7, 6}, {2, 3}, {33, 17, 3}}, {{4, 5, 7, 6}, {2, 3}, {33, 17, 3}},
                {{2, 64, 3, 3}, {1, 1}, {5}},        {{1, 32, 4, 4}, {4, 4}, {40}},
                {{2, 20, 1, 1}, {1, 1}, {16, 16}}};
    for (const auto& row : rows)
        for (const bool has_factors : {false, true})
            for (const Layout layout : layouts_of(row.x)) {
                CAPTURE(row.x.to_string());
                CAPTURE(has_factors);
                CAPTURE(name_of(layout));
                GraphBuilder builder(false);
                std::vector<ValueId> inputs = {add_input(builder, row.x, layout)};
                if (has_factors)
                    inputs.push_back(
                        builder.constant("f", random_tensor({row.x[1] * row.grid[0] * row.grid[1]}, 5)));
                std::int64_t in = row.x[1] * row.grid[0] * row.grid[1];
                for (const std::int64_t out : row.layers) {
                    const std::string name = std::to_string(inputs.size());
                    inputs.push_back(builder.constant("w" + name, random_tensor({in, out}, 3)));
                    inputs.push_back(builder.constant("b" + name, random_tensor({out}, 4)));
                    in = out;
                }
                builder.output(builder.add("PooledMlp", inputs, {{"grid", row.grid}}));
                check_compiled(std::move(builder).build());
            }
}
