// Covers batch.
// Files exported for an open or a fixed number of images become graphs for any number; those that cannot
// are refused by name.
#include "graph/interpreter.h"
#include "loaders/import/onnx/onnx_import.h"
#include "tests/loaders/format/refusal.h"
#include "tests/loaders/import/onnx/onnx_builder.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

using namespace dyce;
using namespace dyce::test;

namespace {

using M = OnnxBuilder;
using Ints = std::vector<std::int64_t>;

constexpr std::int64_t kOpen = -1;

/// Counts up from 0.
Tensor counting(const Shape& shape) {
    Tensor tensor(DataType::kFloat32, shape);
    for (std::int64_t i = 0; i < tensor.elements(); ++i)
        tensor.mutable_data<float>()[i] = static_cast<float>(i);
    return tensor;
}

/// x (batch x 2 x 3 x 4) -> y.
Graph imported(std::int64_t batch, const std::function<void(M&)>& write) {
    const TempFolder folder;
    OnnxBuilder model(13);
    model.input("x", {batch, 2, 3, 4}).output("y");
    write(model);
    return import_onnx(model.save(folder));
}

/// Whether three images at once give what each gives alone, in rows of `row`.
void check_rows(const Graph& graph, const Shape& row) {
    const Tensor images = counting({3, 2, 3, 4});
    const Tensor together = interpret(graph, {images})[0];
    Shape shape{3};
    for (std::int64_t dim : row) shape.push_back(dim);
    REQUIRE(together.shape() == shape);
    for (std::int64_t i = 0; i < 3; ++i) {
        Tensor image(DataType::kFloat32, {1, 2, 3, 4});
        std::memcpy(image.mutable_bytes(), images.data<float>() + i * 24, image.byte_size());
        const Tensor alone = interpret(graph, {image})[0];
        CHECK(std::equal(alone.data<float>(), alone.data<float>() + alone.elements(),
                         together.data<float>() + i * row.elements()));
    }
}

/// x.view(x.size(0), -1), as PyTorch writes it.
void write_view(M& m) {
    m.ints("zero", {}, {0}).ints("axis", {0}).ints("rest", {-1});
    m.node("Shape", {"x"}, {"shape"});
    m.node("Gather", {"shape", "zero"}, {"size"}).set("axis", 0);
    m.node("Unsqueeze", {"size", "axis"}, {"list"});
    m.node("Concat", {"list", "rest"}, {"target"}).set("axis", 0);
    m.node("Reshape", {"x", "target"}, {"y"});
}

void write_reshape(M& m, const Ints& shape) { m.ints("shape", shape).node("Reshape", {"x", "shape"}, {"y"}); }

}  // namespace

TEST_CASE("a shape computed from the input's is folded into a Reshape for any batch") {
    const Graph graph = imported(kOpen, write_view);
    REQUIRE(graph.nodes.size() == 1);
    CHECK(graph.nodes[0].spec->name == "Reshape");
    CHECK(graph.nodes[0].attributes.integers("shape") == Ints{0, 24});
    check_rows(graph, {24});
    check_rows(imported(1, write_view), {24});
}

TEST_CASE("fixed shapes become shapes for any batch") {
    check_rows(imported(1, [](M& m) { write_reshape(m, {1, -1}); }), {24});
    check_rows(imported(1, [](M& m) { write_reshape(m, {1, 6, 4}); }), {6, 4});
    check_rows(imported(5, [](M& m) { write_reshape(m, {5, 24}); }), {24});
    check_rows(imported(kOpen, [](M& m) { write_reshape(m, {-1, 24}); }), {24});
    check_rows(imported(kOpen, [](M& m) { write_reshape(m, {0, -1}); }), {24});
}

TEST_CASE("the batch may join another dimension and leave it again") {
    const auto write = [](M& m) {
        m.ints("rows", {-1, 3, 4}).ints("pictures", {-1, 2, 3, 4});
        m.node("Reshape", {"x", "rows"}, {"r"});
        m.node("Softmax", {"r"}, {"s"}).set("axis", -1);
        m.node("Reshape", {"s", "pictures"}, {"y"});
    };
    check_rows(imported(kOpen, write), {2, 3, 4});
    check_rows(imported(1, write), {2, 3, 4});
}

TEST_CASE("Resize to sizes computed from the input's shape") {
    check_rows(imported(kOpen,
                        [](M& m) {
                            m.ints("first", {0}).ints("two", {2}).ints("spatial", {6, 8});
                            m.node("Shape", {"x"}, {"shape"});
                            m.node("Slice", {"shape", "first", "two"}, {"outer"});
                            m.node("Concat", {"outer", "spatial"}, {"sizes"}).set("axis", 0);
                            m.node("Resize", {"x", "", "", "sizes"}, {"y"}).set("mode", "linear");
                        }),
               {2, 6, 8});
}

TEST_CASE("Expand of a computed value to a shape with the batch in it") {
    check_rows(imported(kOpen,
                        [](M& m) {
                            m.ints("last", {3}).ints("five", {5}).ints("zero", {0}).ints("three", {3});
                            m.node("ReduceMean", {"x"}, {"mean"}).set("axes", Ints{3});
                            m.node("Shape", {"x"}, {"shape"});
                            m.node("Slice", {"shape", "zero", "three"}, {"outer"});
                            m.node("Concat", {"outer", "five"}, {"wide"}).set("axis", 0);
                            m.node("Expand", {"mean", "wide"}, {"y"});
                        }),
               {2, 3, 5});
}

TEST_CASE("what depends on the number of images is refused by name") {
    const auto refused = [](std::int64_t batch, const std::function<void(M&)>& write,
                            const std::string& piece) {
        CAPTURE(piece);
        check_refused([&] { imported(batch, write); }, ErrorCode::kContent, piece);
    };
    refused(
        kOpen,
        [](M& m) {
            write_reshape(m, {1, -1});
        },
        "Reshape_y: Reshape depends on the number of images");
    refused(
        kOpen,
        [](M& m) {
            m.ints("sizes", {1, 2, 3, 4}).node("Shape", {"x"}, {"shape"});
            m.node("ConstantOfShape", {"shape"}, {"zeros"});
            m.node("Add", {"x", "zeros"}, {"y"});
        },
        "zeros: a constant that depends on the number of images");
    refused(
        1,
        [](M& m) {
            m.ints("axes", {0}).node("Squeeze", {"x", "axes"}, {"s"});
            m.node("Unsqueeze", {"s", "axes"}, {"y"});
        },
        "Squeeze_s");
    refused(
        kOpen,
        [](M& m) {
            m.node("ReduceMean", {"x"}, {"y"}).set("axes", Ints{0, 1, 2, 3});
        },
        "y: does not grow with the batch");
    refused(
        kOpen,
        [](M& m) {
            m.node("ReduceMean", {"x"}, {"mean"}).set("axes", Ints{0});
            m.node("Sub", {"x", "mean"}, {"y"});
        },
        "ReduceMean_mean: ReduceMean mixes the images");
    refused(
        kOpen, [](M& m) { m.node("Softmax", {"x"}, {"y"}).set("axis", 0); }, "Softmax mixes the images");
    refused(
        kOpen,
        [](M& m) {
            m.ints("zero", {0}).ints("one", {1}).node("Slice", {"x", "zero", "one", "zero"}, {"first"});
            m.node("Add", {"x", "first"}, {"y"});
        },
        "Slice_first: Slice mixes the images");
}
