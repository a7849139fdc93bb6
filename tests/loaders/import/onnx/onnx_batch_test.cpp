// Covers batch, reconcile_batches.
// Files exported for an open or a fixed number of images become graphs for any number; those that cannot
// are refused by name.
#include "graph/interpreter.h"
#include "loaders/import/onnx/onnx_import.h"
#include "tests/loaders/format/refusal.h"
#include "tests/loaders/import/onnx/onnx_builder.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
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

TEST_CASE("a batch written as 1 is the batch") {
    for (const Ints& shape : {Ints{1, 24}, Ints{1, -1}, Ints{1, -1, 4}, Ints{1, 2, 12}}) {
        Shape row(shape.begin() + 1, shape.end());
        if (row[0] == -1) row[0] = row.rank() == 1 ? 24 : 6;
        check_rows(imported(kOpen, [&](M& m) { write_reshape(m, shape); }), row);
    }
    const auto write = [](M& m) {
        m.node("ReduceMean", {"x"}, {"mean"}).set("axes", Ints{2, 3});
        m.node("Squeeze", {"mean"}, {"y"});
    };
    check_rows(imported(kOpen, write), {2});
    check_rows(imported(1, write), {2});
}

TEST_CASE("what every image gets alike is repeated for each") {
    // cls.expand(x.size(0), -1, -1), and zeros of the batch's size, as PyTorch writes them.
    const auto write = [](M& m) {
        m.floats("token", {1, 1, 12}, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12});
        m.ints("zero", {}, {0}).ints("axis", {0}).ints("rest", {-1}).ints("patches", {0, 2, 12});
        m.ints("minus", {-1});
        m.node("Shape", {"x"}, {"shape"});
        m.node("Gather", {"shape", "zero"}, {"size"}).set("axis", 0);
        m.node("Unsqueeze", {"size", "axis"}, {"list"});
        m.node("Concat", {"list", "rest", "rest"}, {"wanted"}).set("axis", 0);
        m.node("Shape", {"wanted"}, {"rank"});
        m.node("ConstantOfShape", {"rank"}, {"none"});
        m.node("Cast", {"none"}, {"zeros"}).set("to", 7);
        m.node("Sub", {"zeros", "minus"}, {"ones"});
        m.node("Equal", {"wanted", "rest"}, {"kept"});
        m.node("Where", {"kept", "ones", "wanted"}, {"target"});
        m.node("Expand", {"token", "target"}, {"tokens"});
        m.node("Reshape", {"x", "patches"}, {"p"});
        m.node("Concat", {"tokens", "p"}, {"y"}).set("axis", 1);
    };
    const Graph graph = imported(kOpen, write);
    check_rows(graph, {3, 12});
    const Tensor y = interpret(graph, {counting({3, 2, 3, 4})})[0];
    for (std::int64_t image = 0; image < 3; ++image)
        for (std::int64_t i = 0; i < 12; ++i)
            CHECK(y.data<float>()[image * 36 + i] == static_cast<float>(i + 1));
    check_rows(imported(kOpen,
                        [](M& m) {
                            m.node("Shape", {"x"}, {"shape"});
                            m.node("ConstantOfShape", {"shape"}, {"zeros"});
                            m.node("Add", {"x", "zeros"}, {"y"});
                        }),
               {2, 3, 4});
}

TEST_CASE("GroupNorm and softmax as exporters write them out, for any number of images") {
    const Graph graph = imported(kOpen, [](M& m) {
        m.ints("view", {0, 1, -1}).floats("one", {1}, {1}).floats("none", {1}, {0});
        m.floats("scale", {2, 1, 1}, {0.5f, 2}).floats("shift", {2, 1, 1}, {1, -1}).ints("axis", {1});
        m.node("Reshape", {"x", "view"}, {"groups"});
        m.node("InstanceNormalization", {"groups", "one", "none"}, {"norm"}).set("epsilon", 1e-3f);
        m.node("Shape", {"x"}, {"shape"});
        m.node("Reshape", {"norm", "shape"}, {"map"});
        m.node("Mul", {"map", "scale"}, {"scaled"});
        m.node("Add", {"scaled", "shift"}, {"shifted"});
        m.node("Flatten", {"shifted"}, {"z"});
        m.node("ReduceMax", {"z"}, {"largest"}).set("axes", Ints{1});
        m.node("Sub", {"z", "largest"}, {"d"});
        m.node("Exp", {"d"}, {"powers"});
        m.node("ReduceSum", {"powers", "axis"}, {"sum"});
        m.node("Div", {"powers", "sum"}, {"y"});
    });
    std::string ops;
    for (const Node& node : graph.nodes) ops += std::string(node.spec->name) + " ";
    CHECK(ops == "GroupNormalization Flatten Softmax ");
    // Of 24 numbers that count up by one the mean is 11.5 above the first and the variance (24^2 - 1) / 12.
    std::vector<double> powers;
    double sum = 0;
    for (int i = 0; i < 24; ++i) {
        const double normal = (i - 11.5) / std::sqrt(575 / 12. + 1e-3);
        sum += powers.emplace_back(std::exp(i < 12 ? 0.5 * normal + 1 : 2 * normal - 1));
    }
    const Tensor y = interpret(graph, {counting({3, 2, 3, 4})})[0];
    for (std::size_t i = 0; i < 72; ++i) CHECK(y.data<float>()[i] == doctest::Approx(powers[i % 24] / sum));
}

TEST_CASE("attention with tokens first does not mix images") {
    // As nn.MultiheadAttention: N x T x C -> T x N x C -> T x (N heads) x d -> (N heads) x T x d and back.
    check_rows(
        imported(kOpen,
                 [](M& m) {
                     m.ints("tokens", {0, 6, 4}).ints("one", {}, {1}).ints("six", {6}).ints("two", {2});
                     m.ints("axis", {0}).ints("four", {}, {2}).ints("all", {-1});
                     m.node("Reshape", {"x", "tokens"}, {"t"});
                     m.node("Transpose", {"t"}, {"first"}).set("perm", Ints{1, 0, 2});
                     m.node("Shape", {"first"}, {"shape"});
                     m.node("Gather", {"shape", "one"}, {"size"}).set("axis", 0);
                     m.node("Mul", {"size", "four"}, {"rows"});
                     m.node("Unsqueeze", {"rows", "axis"}, {"list"});
                     m.node("Concat", {"six", "list", "two"}, {"heads"}).set("axis", 0);
                     m.node("Reshape", {"first", "heads"}, {"h"});
                     m.node("Transpose", {"h"}, {"q"}).set("perm", Ints{1, 0, 2});
                     m.node("Transpose", {"h"}, {"k"}).set("perm", Ints{1, 2, 0});
                     m.node("MatMul", {"q", "k"}, {"scores"});
                     m.node("Softmax", {"scores"}, {"weights"}).set("axis", -1);
                     m.node("MatMul", {"weights", "q"}, {"sums"});
                     m.node("Transpose", {"sums"}, {"s"}).set("perm", Ints{1, 0, 2});
                     m.node("Reshape", {"s", "shape"}, {"joined"});
                     m.node("Transpose", {"joined"}, {"y"}).set("perm", Ints{1, 0, 2});
                 }),
        {6, 4});
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
            m.ints("zero", {}, {0}).ints("one", {}, {1}).ints("column", {1, 2, 3});
            m.node("Shape", {"x"}, {"shape"});
            m.node("Gather", {"shape", "zero"}, {"size"}).set("axis", 0);
            m.node("Range", {"zero", "size", "one"}, {"numbers"});  // image k gets k
            m.node("Cast", {"numbers"}, {"reals"}).set("to", 1);
            m.node("Unsqueeze", {"reals", "column"}, {"rows"});
            m.node("Add", {"x", "rows"}, {"y"});
        },
        "rows: a constant that depends on the number of images");
    refused(
        kOpen,
        [](M& m) {  // the token of one image beside those of all
            m.floats("token", {1, 1, 3, 4}, std::vector<float>(12, 1.f));
            m.node("Concat", {"token", "x"}, {"y"}).set("axis", 1);
        },
        "Concat_y");
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
