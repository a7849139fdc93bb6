// Covers gate.
// What gates do in training: rows of both kinds, and the gradient of the mixture that stands for a choice.
#include "search/train/backward/gate.h"
#include "tests/search/train/backward/backward_case.h"

using namespace dyce;
using namespace dyce::test;

namespace {

// What a gate's backward pass is the gradient of: the choice is made once, at the first call, and what goes through it
// has its weights from then on; the logits move a mixture of what stood on both sides then.
struct StraightThrough {
    std::size_t images, size;
    std::vector<double> p;  // at the first call
    std::vector<bool> runs;
    Doubles difference;

    Doubles operator()(const Doubles& skipped, const Doubles& run, const Doubles& logits) {
        std::vector<double> now(images);
        for (std::size_t n = 0; n < images; ++n)
            now[n] = 1 / (1 + std::exp(logits[2 * n] - logits[2 * n + 1]));
        if (p.empty()) {
            p = now;
            for (const double one : p) runs.push_back(one >= 0.5);
            for (std::size_t i = 0; i < run.size(); ++i) difference.push_back(run[i] - skipped[i]);
        }
        Doubles result;
        for (std::size_t i = 0; i < images * size; ++i)
            result.push_back((runs[i / size] ? run[i] : skipped[i]) +
                             (now[i / size] - p[i / size]) * difference[i]);
        return result;
    }
};

}  // namespace

TEST_CASE("gates choose row by row and go backwards as a mixture would") {
    for (const Precision precision : precisions())
        for (const std::int64_t channels : {16, 5}) {
            CAPTURE(name_of(precision));
            CAPTURE(channels);
            const Shape shape{6, channels, 4, 3};
            const PlainConv same{3, 1, 1};
            Case one(shape);
            const ValueId run = add_conv(one, same, channels, false, 0.2f);
            const ValueId pooled =
                one.builder.add("Flatten", {one.builder.add("GlobalAveragePool", {one.input})});
            const ValueId weights = one.constant({2, channels}, 4);
            const ValueId logits = one.builder.add("Gemm", {pooled, weights}, {{"transB", std::int64_t{1}}});
            const ValueId gated =
                one.builder.add_many(gate_op(), {one.input, run, logits}, {}, "gate", {"gated"})[0];
            StraightThrough gate{6, static_cast<std::size_t>(channels * 12), {}, {}, {}};
            one.plain = [&](const Doubles& x, const std::vector<Doubles>& c) {
                const Doubles z = plain_linear(6, channels, plain_adaptive_pool(one.plane(), 1, x), c[1], {});
                return gate(x, same(one.plane(), channels, x, c[0], {}), z);
            };
            check(one, gated, precision);
            CHECK(std::count(gate.runs.begin(), gate.runs.end(), true) > 0);  // both ways were taken
            CHECK(std::count(gate.runs.begin(), gate.runs.end(), false) > 0);
        }
}

TEST_CASE("a gate's noise is added to what its logits differ by, a column for each gate; ties run") {
    GraphBuilder builder;
    const ValueId skipped = builder.input("skipped", {DataType::kFloat32, {1, 3}});
    const ValueId run = builder.input("run", {DataType::kFloat32, {1, 3}});
    const ValueId logits = builder.input("logits", {DataType::kFloat32, {1, 2}});
    const ValueId noise = builder.constant("noise", Tensor::of({4, 2}, {-9, 0, 9, 0, -9, 1.5f, 0, 0}));
    builder.output(builder.add_many(gate_op(), {skipped, run, logits, noise}, {{"column", std::int64_t{1}}},
                                    "gate", {"gated"})[0]);
    NetworkRun network(builder.graph(), 4, {.towards_inputs = true});
    const auto fill = [](std::span<float> to, const std::vector<float>& from) {
        std::copy(from.begin(), from.end(), to.begin());
    };
    fill(network.input(0), {1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3});
    fill(network.input(1), {4, 6, 8, 4, 6, 8, 4, 6, 8, 4, 6, 8});
    fill(network.input(2), {1, 1, 2, 1, 2, 1, 0, NAN});
    network.forward();
    const std::vector<float> expected{4, 6, 8, 1, 2, 3, 4, 6, 8, 4, 6, 8};
    CHECK(std::equal(expected.begin(), expected.end(), network.output(0).begin()));

    fill(network.output_gradient(0), {1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0});
    network.backward();
    // The differences of both sides are 3, 4, 5; the probabilities those of 0, -1 and 0.5.
    const auto slope = [](double z) { return std::exp(-z) / std::pow(1 + std::exp(-z), 2); };
    const double by_logits[] = {3 * slope(0), 4 * slope(-1), 5 * slope(0.5)};
    for (std::size_t row = 0; row < 3; ++row) {
        CHECK(static_cast<double>(network.input_gradient(2)[2 * row]) == doctest::Approx(-by_logits[row]));
        CHECK(static_cast<double>(network.input_gradient(2)[2 * row + 1]) == doctest::Approx(by_logits[row]));
    }
    CHECK(network.input_gradient(0)[4] == 1);  // the skipped row, and no other
    CHECK(network.input_gradient(1)[4] == 0);
    CHECK(network.input_gradient(1)[0] == 1);
    CHECK(network.input_gradient(0)[0] == 0);
}
