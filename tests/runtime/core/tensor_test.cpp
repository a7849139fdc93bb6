// Covers aligned, error, fail, index, tensor_view, runtime/include/dyce/{error, tensor}.
#include "runtime/core/tensor_view.h"

#include <dyce/error.h>
#include <dyce/tensor.h>

#include <doctest/doctest.h>

#include <cstdint>

using namespace dyce;

TEST_CASE("a tensor is a value: writing to a copy leaves the original alone") {
    Tensor a = Tensor::of({2, 2}, {1, 2, 3, 4});
    Tensor b = a;
    b.mutable_data<float>()[0] = 9;
    CHECK(a.data<float>()[0] == 1);
    CHECK(b.data<float>()[0] == 9);
}

TEST_CASE("foreign storage is never written to") {
    const float values[] = {1, 2};
    Tensor a(DataType::kFloat32, {2}, values, nullptr);
    a.mutable_data<float>()[1] = 7;
    CHECK(values[1] == 2);
    CHECK(a.data<float>()[1] == 7);
}

TEST_CASE("shapes check their arithmetic") {
    CHECK(Shape{}.elements() == 1);
    CHECK(Shape{2, 0, 3}.elements() == 0);
    CHECK(Shape{2, 3, 4}[-1] == 4);
    CHECK(Shape{2, 3}.to_string() == "2x3");
    CHECK_THROWS_AS((Shape{INT64_MAX, 2}.elements()), Error);
    CHECK_THROWS_AS((Shape{-1, 2}.elements()), Error);
    CHECK_THROWS_AS((Shape{1, 1, 1, 1, 1, 1, 1, 1, 1}), Error);
}

TEST_CASE("a tensor can be seen in another shape of the same size only") {
    const Tensor a = Tensor::of({2, 3}, {1, 2, 3, 4, 5, 6});
    CHECK(a.reshaped({6}).data<float>()[5] == 6);
    CHECK_THROWS_AS(a.reshaped({7}), Error);
}

TEST_CASE("a view borrows a tensor's values; one to write through leaves other owners theirs") {
    Tensor tensor = Tensor::of({2}, {1, 2});
    CHECK(view_of(tensor).data<float>() == tensor.data<float>());
    const Tensor other = tensor;
    mutable_view_of(tensor).data<float>()[0] = 5;
    CHECK(tensor.data<float>()[0] == 5);
    CHECK(other.data<float>()[0] == 1);
}
