// Covers loss_guard, network_training.
// Norms put back into a network that has none: the same function, and one that trains; and the guard of the loss.
#include "search/train/network/live_norms.h"

#include "graph/interpreter.h"
#include "search/train/network/loss_guard.h"
#include "search/train/network/network_training.h"
#include "search/train/network/split_images.h"
#include "search/train/network/start_network.h"
#include "tests/search/compress/small_network.h"
#include "tests/support/check_throws.h"

#include <doctest/doctest.h>

#include <cmath>

using namespace dyce;
using namespace dyce::test;

namespace {

Tensor answer(const Graph& graph) {
    std::mt19937 random(11);
    return interpret(graph, {random_tensor({3, 3, 8, 8}, random)})[0];
}

int count_norms(const Graph& graph) {
    int norms = 0;
    for (const Node& node : graph.nodes) norms += node.spec->name == "BatchNormalization";
    return norms;
}

NetworkTrainingOptions training_options(double rate) {
    NetworkTrainingOptions options;
    options.epochs = 10;
    options.batch = 16;
    options.optimiser.rate = rate;
    return options;
}

}  // namespace

TEST_CASE("live norms leave the function as it was, and go when the network is finished") {
    Member member = small_network().members[0];
    const Tensor expected = answer(member.graph);
    const ImageStore store(FourColors(), recipe_of_four_colors(), 1);
    const auto images = all_images(store);
    add_live_norms(member, store, images, 1);
    CHECK(count_norms(member.graph) == 2);
    check_close_to_largest(answer(member.graph), expected, 1e-5f);
    // The filters have length 1.
    const Tensor& weights = *member.graph.value(member.graph.nodes[0].inputs[1]).constant;
    for (int f = 0; f < 16; ++f) {
        double squares = 0;
        for (int i = 0; i < 27; ++i)
            squares += std::pow(static_cast<double>(weights.data<float>()[f * 27 + i]), 2);
        CHECK(squares == doctest::Approx(1));
    }
    const std::size_t nodes = member.graph.nodes.size();
    add_live_norms(member, store, images, 1);  // there are norms now
    CHECK(member.graph.nodes.size() == nodes);
    const Member folded = finish_network(member);
    CHECK(count_norms(folded.graph) == 0);
    check_close_to_largest(answer(folded.graph), expected, 1e-5f);
}

TEST_CASE("live norms: the statistics are those of the images, as training computes them") {
    Member member = small_network().members[0];
    const ImageStore store(FourColors(16), recipe_of_four_colors(), 1);
    const auto images = all_images(store);
    add_live_norms(member, store, images, 1);
    const Node& norm = member.graph.nodes[1];
    REQUIRE(norm.spec->name == "BatchNormalization");
    // Mean and variance of the convolution's output, by the interpreter and loops.
    Tensor batch(DataType::kFloat32, {16, 3, 8, 8});
    for (std::size_t i = 0; i < 16; ++i)
        store.read(images[i], batch.mutable_data<float>() + i * store.numbers());
    Graph raw = member.graph;
    raw.outputs = {norm.inputs[0]};
    const Tensor values = interpret(raw, {batch})[0];
    for (std::int64_t c = 0; c < 16; ++c) {
        double sum = 0, squares = 0;
        for (std::int64_t n = 0; n < 16; ++n)
            for (std::int64_t p = 0; p < 64; ++p) {
                const auto value = static_cast<double>(values.data<float>()[(n * 16 + c) * 64 + p]);
                sum += value;
                squares += value * value;
            }
        const double mean = sum / 1024, variance = squares / 1024 - mean * mean;
        CHECK(static_cast<double>(member.graph.value(norm.inputs[3]).constant->data<float>()[c]) ==
              doctest::Approx(mean).epsilon(1e-4));
        CHECK(static_cast<double>(member.graph.value(norm.inputs[4]).constant->data<float>()[c]) ==
              doctest::Approx(variance).epsilon(1e-3));
    }
}

TEST_CASE("a guarded loss goes on while it is finite and not three times the best plus chance") {
    LossGuard guard(std::log(10.0));
    for (int i = 0; i < 100; ++i) REQUIRE(guard.accepts(0.5));
    CHECK(guard.is_calm());
    CHECK(guard.rate_factor() == 1);
    CHECK(!guard.accepts(NAN));
    CHECK(!guard.accepts(INFINITY));
    CHECK(guard.accepts(2.0));  // a single bad batch
    bool went_on = true;
    int steps = 0;
    while (went_on && steps < 1000) {
        went_on = guard.accepts(6.0);
        ++steps;
    }
    CHECK(steps < 30);
    CHECK(steps > 5);
    CHECK(!guard.is_calm());
    for (int i = 0; i < 13; ++i) guard.halve_rate();
    CHECK(guard.is_hopeless());
}

TEST_CASE("a training whose loss explodes goes back and halves its rate until it trains") {
    Member member = small_network().members[0];  // without norms: such rates blow it up
    const ImageStore store(FourColors(), recipe_of_four_colors(), 1);
    NetworkTraining training(member, store, all_images(store), training_options(300));
    double seconds = 0;
    CHECK(training.run(Checkpoint("", ""), seconds) >= 60);
    CHECK(training.steps_done() == 60);
    CHECK(training.returns() >= 1);
    training.trainer().write_constants(member.graph);
    for (const Value& value : member.graph.values)
        if (value.constant)
            for (std::int64_t i = 0; i < value.constant->elements(); ++i)
                REQUIRE(std::isfinite(value.constant->data<float>()[i]));
    NetworkTraining hopeless(member, store, all_images(store), training_options(1e9));
    check_throws([&] { hopeless.run(Checkpoint("", ""), seconds); }, ErrorCode::kContent,
                 "the loss explodes");
}

TEST_CASE("weights that are held at zero stay there, whatever the optimiser") {
    Member member = small_network().members[0];
    const ImageStore store(FourColors(), recipe_of_four_colors(), 1);
    for (const auto kind : {OptimiserOptions::Kind::kSgd, OptimiserOptions::Kind::kAdamW}) {
        NetworkTrainingOptions options = training_options(kind == OptimiserOptions::Kind::kSgd ? 0.05 : 0.01);
        options.optimiser.kind = kind;
        options.optimiser.clip = 1;
        NetworkTraining training(member, store, all_images(store), options);
        Graph masks = member.graph;
        for (Value& value : masks.values)
            if (value.constant)
                for (std::int64_t i = 0; i < value.constant->elements(); ++i)
                    value.constant->mutable_data<float>()[i] =
                        value.name == "second.weight" && i % 3 == 0 ? 0.f : 1.f;
        training.trainer().hold_zeros(masks);
        double seconds = 0;
        training.run(Checkpoint("", ""), seconds);
        Graph trained = member.graph;
        training.trainer().write_constants(trained);
        const Tensor& weights = *trained.value(trained.nodes[2].inputs[1]).constant;
        int moved = 0;
        for (std::int64_t i = 0; i < weights.elements(); ++i) {
            if (i % 3 == 0) CHECK(weights.data<float>()[i] == 0);
            moved += weights.data<float>()[i] !=
                     member.graph.value(member.graph.nodes[2].inputs[1]).constant->data<float>()[i];
        }
        CHECK(moved > 1000);
    }
}
