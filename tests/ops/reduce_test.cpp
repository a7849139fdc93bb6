// Covers reduce_max, reduce_mean, reduce_min, reduce_prod, reduce_sum.
#include "tests/ops/support.h"

#include <limits>

using namespace dyce;
using namespace dyce::test;
using Ints = std::vector<std::int64_t>;

TEST_CASE("ReduceSum and ReduceMean") {
    // x[i][j][k] = 6i + 2j + k
    const Tensor x = tensor({2, 3, 2}, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11});
    const struct {
        Attributes attributes;
        Shape shape;
        std::vector<double> sums;
        double count;
    } rows[] = {
        {{}, {1, 1, 1}, {66}, 12},
        {{{"keepdims", 0}}, {}, {66}, 12},
        {{{"axes", Ints{}}}, {1, 1, 1}, {66}, 12},
        {{{"axes", Ints{1}}}, {2, 1, 2}, {6, 9, 24, 27}, 3},
        {{{"axes", Ints{-1, 0}}, {"keepdims", 0}}, {3}, {14, 22, 30}, 4},
        {{{"axes", Ints{0}}, {"keepdims", 0}}, {3, 2}, {6, 8, 10, 12, 14, 16}, 2},
        {{{"axes", Ints{2}}}, {2, 3, 1}, {1, 5, 9, 13, 17, 21}, 2},
        {{{"noop_with_empty_axes", 1}}, {2, 3, 2}, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}, 1},
    };
    for (const auto& row : rows) {
        CAPTURE(row.shape.to_string());
        auto means = row.sums;
        for (double& mean : means) mean /= row.count;
        check_close(run_reference("ReduceSum", {x}, row.attributes), tensor(row.shape, row.sums));
        check_close(run_reference("ReduceMean", {x}, row.attributes), tensor(row.shape, means));
    }
}

TEST_CASE("reductions of nothing and of scalars") {
    check_close(run_reference("ReduceSum", {tensor({2, 0, 3}, {})}, {{"axes", Ints{1}}}),
                tensor({2, 1, 3}, {0, 0, 0, 0, 0, 0}));
    check_close(run_reference("ReduceMean", {tensor({0, 2}, {})}, {{"axes", Ints{1}}}), tensor({0, 1}, {}));
    check_close(run_reference("ReduceMean", {tensor({}, {7})}), tensor({}, {7}));
    check_close(
        run_reference("ReduceMean", {tensor({1, 2, 1, 2, 1, 1, 1, 1}, {1, 2, 3, 6})}, {{"keepdims", 0}}),
        tensor({}, {3}));
}

TEST_CASE("ReduceMax, ReduceMin and ReduceProd, of any numbers") {
    for (const DataType dtype : {DataType::kFloat32, DataType::kInt64, DataType::kInt32, DataType::kUint8}) {
        const Tensor x = tensor(dtype, {2, 3}, {4, 1, 2, 3, 9, 2});
        const Attributes rows{{"axes", Ints{1}}, {"keepdims", 0}}, all{{"keepdims", 1}};
        check_close(run_reference("ReduceMax", {x}, rows), tensor(dtype, {2}, {4, 9}));
        check_close(run_reference("ReduceMin", {x}, rows), tensor(dtype, {2}, {1, 2}));
        check_close(run_reference("ReduceProd", {x}, rows), tensor(dtype, {2}, {8, 54}));
        check_close(run_reference("ReduceMax", {x}, all), tensor(dtype, {1, 1}, {9}));
    }
    check_close(
        run_reference("ReduceMax", {tensor(DataType::kBool, {2, 2}, {0, 1, 0, 0})}, {{"axes", Ints{1}}}),
        tensor(DataType::kBool, {2, 1}, {1, 0}));
    const double infinity = std::numeric_limits<double>::infinity();
    check_close(run_reference("ReduceMax", {tensor({0, 1}, {})}, {{"axes", Ints{0}}}),
                tensor({1, 1}, {-infinity}));
    check_close(run_reference("ReduceMin", {tensor({0, 1}, {})}, {{"axes", Ints{0}}}),
                tensor({1, 1}, {infinity}));
}

TEST_CASE("reductions refuse axes that do not fit") {
    for (const char* op : {"ReduceSum", "ReduceMean"}) {
        check_refused(op, {f32({2, 3})}, {{"axes", Ints{2}}}, "axis 2 is outside a tensor of rank 2");
        check_refused(op, {f32({2, 3})}, {{"axes", Ints{0, -2}}}, "name axis 0 twice");
        check_refused(op, {{DataType::kInt64, {2}}}, {}, "input 0 is int64");
    }
}
