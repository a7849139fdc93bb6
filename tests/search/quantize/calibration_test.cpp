// Covers magnitudes.
// Calibration: which values get scales, and which scales, against the plain loops.
#include "search/quantize/calibration.h"

#include "graph/builder.h"
#include "graph/interpreter.h"
#include "runtime/core/onednn/compat.h"
#include "runtime/exec/local_stage_runner.h"
#include "search/quantize/magnitudes.h"
#include "tests/loaders/format/gated_model.h"

#include <dyce/error.h>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <random>
#include <string>
#include <vector>

using namespace dyce;
using namespace dyce::test;

namespace {

Tensor random_numbers(const Shape& shape, unsigned seed) {
    std::mt19937 random(seed);
    std::normal_distribution<float> normal(0, 0.3f);
    Tensor tensor(DataType::kFloat32, shape);
    for (std::int64_t i = 0; i < tensor.elements(); ++i) tensor.mutable_data<float>()[i] = normal(random);
    return tensor;
}

Image image(unsigned seed) {
    std::mt19937 random(seed);
    std::vector<std::uint8_t> pixels(8 * 8 * 3);
    for (auto& pixel : pixels) pixel = static_cast<std::uint8_t>(random());
    return Image::from_rgb(8, 8, pixels.data());
}

// Convolutions in the ways that networks join them: one after another, by a residual sum whose operand is
// signed, through a maximum, through a join; and a mean for the classifier.
Member all_kinds() {
    GraphBuilder g;
    unsigned seed = 0;
    const auto conv = [&](ValueId x, const std::string& name) {
        const std::int64_t channels = g.type(x).shape[1];
        return g.add("Conv", {x, g.constant(name + ".w", random_numbers({8, channels, 3, 3}, ++seed))},
                     {{"pads", std::vector<std::int64_t>{1, 1, 1, 1}}}, name);
    };
    const ValueId x = g.input("x", {DataType::kFloat32, {1, 3, 8, 8}});
    const ValueId stem = g.add("Relu", {conv(x, "c0")}, {}, "stem");
    const ValueId inner = g.add("Relu", {conv(stem, "c1")}, {}, "inner");
    const ValueId shortcut = conv(stem, "shortcut");
    const ValueId block =
        g.add("Relu", {g.add("Add", {conv(inner, "c2"), shortcut}, {}, "sum")}, {}, "block");
    const ValueId pooled =
        g.add("MaxPool", {block}, {{"kernel_shape", std::vector<std::int64_t>{2, 2}}}, "pooled");
    const ValueId side = g.add("Relu", {conv(pooled, "c3")}, {}, "side");
    const ValueId joined = g.add("Concat", {pooled, side}, {{"axis", std::int64_t{1}}}, "joined");
    const ValueId last = g.add("Relu", {conv(joined, "c4")}, {}, "last");
    const ValueId mean = g.add("Flatten", {g.add("GlobalAveragePool", {last}, {}, "mean")}, {}, "flat");
    g.output(g.add("Gemm", {mean, g.constant("w", random_numbers({8, 4}, 99))}, {}, "logits"));
    Member member;
    member.architecture = "all_kinds";
    member.graph = std::move(g).build();
    member.preprocess.height = member.preprocess.width = 8;
    member.preprocess.mean = {0.5f, 0.5f, 0.5f};
    return member;
}

ValueId find(const Graph& graph, const std::string& name) {
    for (std::size_t v = 0; v < graph.values.size(); ++v)
        if (graph.values[v].name == name) return static_cast<ValueId>(v);
    FAIL("no value " << name);
    return -1;
}

// The smallest and the largest number of a value over the images, by the plain loops.
std::pair<float, float> range_of(const Member& member, const std::string& name,
                                 const std::vector<Image>& images) {
    Graph graph = member.graph;
    graph.outputs = {find(graph, name)};
    float low = 0, high = 0;
    for (const Image& image : images) {
        Tensor input(DataType::kFloat32, {1, 3, 8, 8});
        apply(member.preprocess, image, input.mutable_data<float>());
        const Tensor value = interpret(graph, {input})[0];
        const auto [least, most] =
            std::minmax_element(value.data<float>(), value.data<float>() + value.elements());
        low = std::min(low, *least), high = std::max(high, *most);
    }
    return {low, high};
}

}  // namespace

TEST_CASE("magnitudes: shares of what was added, to a thousandth of the largest") {
    std::vector<float> numbers;
    for (int i = 1; i <= 10000; ++i) numbers.push_back(static_cast<float>(i) / 100);
    std::shuffle(numbers.begin(), numbers.end(), std::mt19937(1));
    Magnitudes magnitudes;
    CHECK(magnitudes.reach(1) == 0);
    const std::vector<float> nothing(10, 0.f);
    magnitudes.add(nothing);
    CHECK(magnitudes.reach(1) == 0);
    magnitudes.add(std::span(numbers).first(1));  // small first, so that bins must widen
    magnitudes.add(numbers);
    for (const double share : {0.1, 0.5, 0.9, 0.99})
        CHECK(magnitudes.reach(share) == doctest::Approx(100 * share).epsilon(0.002 / share));
    CHECK(magnitudes.reach(1) == 100);
    CHECK_FALSE(magnitudes.has_negative());

    const float bad[] = {std::numeric_limits<float>::infinity(), std::nanf(""), -200};
    magnitudes.add(bad);
    CHECK(magnitudes.has_negative());
    CHECK(magnitudes.reach(1) == 200);
    CHECK(magnitudes.reach(0.5) == doctest::Approx(50).epsilon(0.01));
}

TEST_CASE("calibration gives scales to what convolutions take, and to what is added to their results") {
    Member member = all_kinds();
    const std::vector<Image> images = {image(1), image(2), image(3)};
    Calibration calibration(member, {.share = 1});
    for (const Image& image : images) calibration.add(calibration.observe(image));
    Graph graph = member.graph;
    CHECK(calibration.store(graph));
    CHECK_FALSE(calibration.store(graph));

    // The two halves that are joined share the scale of the join, and so do a maximum and what it is of.
    const auto shared =
        std::max({range_of(member, "block", images).second, range_of(member, "side", images).second});
    std::map<std::string, float> expected = {{"stem", range_of(member, "stem", images).second / 255},
                                             {"inner", range_of(member, "inner", images).second / 255}};
    for (const char* name : {"block", "pooled", "side", "joined"}) expected[name] = shared / 255;
    for (const char* name : {"x", "shortcut", "c2"}) {
        const auto [low, high] = range_of(member, name, images);
        expected[name] = std::max(-low, high) / 127;
    }
    // Of the two sides of the sum one makes it and the other is added: which is up to fusing.
    const bool adds_shortcut = graph.value(find(graph, "shortcut")).quantization.has_value();
    expected.erase(adds_shortcut ? "c2" : "shortcut");
    CHECK(calibration.values() == expected.size());
    for (const Value& value : graph.values) {
        CAPTURE(value.name);
        const auto found = expected.find(value.name);
        CHECK(value.quantization.has_value() == (found != expected.end()));
        if (!value.quantization || found == expected.end()) continue;
        CHECK(value.quantization->scale == doctest::Approx(found->second).epsilon(1e-4));
        CHECK(value.quantization->is_signed ==
              (value.name == "x" || value.name == "c2" || value.name == "shortcut"));
    }
}

TEST_CASE("calibration gives values before and behind a gated stage the scale of the wider one") {
    Member member = gated_member();  // gates at block0 to block2
    const std::vector<Image> images = {image(1), image(2), image(3), image(4)};
    const auto measure = [&] {
        Calibration calibration(member, {.share = 1});
        for (const Image& one : images) calibration.add(calibration.observe(one));
        REQUIRE(calibration.store(member.graph));
    };
    measure();
    float widest = 0;
    for (const char* name : {"block0", "block1", "block2", "block3"})
        widest = std::max(widest, range_of(member, name, images).second);
    for (const char* name : {"block0", "block1", "block2", "block3"}) {
        const auto& quantization = member.graph.value(find(member.graph, name)).quantization;
        REQUIRE(quantization.has_value());  // the last one is read by no convolution
        CHECK(quantization->scale == doctest::Approx(widest / 255).epsilon(1e-4));
        CHECK_FALSE(quantization->is_signed);
    }
    CHECK(range_of(member, "block0", images).second < widest);  // the case means something
    if (!onednn::has_int8_products()) return;
    const auto copied = [&] {
        return count_skippable(*CompiledModel::compile(member.graph, member.exits,
                                                       {.max_batch = 8, .precision = Precision::kInt8}))
            .copied;
    };
    CHECK(copied() == 0);
    member.graph.value(find(member.graph, "block1")).quantization->scale *= 2;
    CHECK(copied() == 2);  // before it and behind it
    for (Value& value : member.graph.values) value.quantization.reset();
    CHECK(count_skippable(*CompiledModel::compile(member.graph, member.exits, {.max_batch = 8})).all == 3);
}

TEST_CASE("calibration refuses a network without convolutions") {
    Member member = all_kinds();
    GraphBuilder g;
    const ValueId x = g.input("x", {DataType::kFloat32, {1, 3, 8, 8}});
    g.output(g.add("Flatten", {g.add("GlobalAveragePool", {x})}));
    member.graph = std::move(g).build();
    CHECK_THROWS_WITH_AS(Calibration(member, {}), doctest::Contains("nothing to compute in int8"), Error);
}
