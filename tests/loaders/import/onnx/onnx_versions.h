// What operator sets write for one node or a few, and what it must compute.
#pragma once

#include "graph/interpreter.h"
#include "loaders/import/onnx/onnx_import.h"
#include "tests/loaders/import/onnx/onnx_builder.h"

#include <doctest/doctest.h>

#include <functional>
#include <string>
#include <vector>

namespace dyce::test {

using M = OnnxBuilder;
using Ints = std::vector<std::int64_t>;
using Floats = std::vector<float>;

/// What an operator set writes for x -> y.
struct Version {
    int opset;
    std::function<void(M&)> write;
};

inline Tensor run(const Version& version, const Tensor& x) {
    const TempFolder folder;
    OnnxBuilder model(version.opset);
    model.input("x", {x.shape().begin(), x.shape().end()}).output("y");
    version.write(model);
    OnnxOptions options;
    options.batched = false;
    return interpret(import_onnx(model.save(folder), options), {x})[0];
}

inline void check(const Tensor& x, const Tensor& expected, const std::vector<Version>& versions) {
    for (const Version& version : versions) {
        CAPTURE(version.opset);
        const Tensor y = run(version, x);
        REQUIRE(y.type() == expected.type());
        for (std::int64_t i = 0; i < y.elements(); ++i) {
            CAPTURE(i);
            CHECK(y.data<float>()[i] == doctest::Approx(expected.data<float>()[i]).epsilon(1e-5));
        }
    }
}

inline const Tensor kTwoByThree = Tensor::of({2, 3}, {1, 2, 3, 4, 5, 6});
inline const Tensor kImage = Tensor::of({1, 1, 2, 2}, {1, 2, 3, 4});

}  // namespace dyce::test
