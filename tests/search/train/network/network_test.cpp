// Covers batch_maker, image_store, judge, network_trainer, start_network, target_loss, teacher, teacher_loss,
// train_network.
// Training whole networks: the loss, the batches, one step of the optimiser worked out by hand, no
// allocations.
#include "graph/builder.h"
#include "search/train/network/network_trainer.h"
#include "search/train/network/start_network.h"
#include "search/train/network/target_loss.h"
#include "search/train/random.h"
#include "tests/support/allocations.h"

#include <dyce/error.h>

#include <doctest/doctest.h>

#include <cmath>
#include <set>

using namespace dyce;
using namespace dyce::test;

namespace {

// Image i is one colour, class i % 4.
class Colors final : public Dataset {
public:
    std::int64_t size() const override { return 12; }
    std::string name(std::int64_t i) const override { return std::to_string(i); }
    int label(std::int64_t i) const override { return static_cast<int>(i % 4); }
    Image image(std::int64_t i) const override {
        if (i == 5) throw Error(ErrorCode::kContent, "5", "broken");
        std::vector<std::uint8_t> bytes(8 * 8 * 3, static_cast<std::uint8_t>(20 * i));
        return Image::from_rgb(8, 8, bytes.data());
    }
};

Preprocess recipe_of_colors() {
    Preprocess recipe;
    recipe.height = recipe.width = 8;
    recipe.mean = {0.5f, 0.25f, 0.f};
    recipe.std = {0.5f, 0.5f, 1.f};
    return recipe;
}

}  // namespace

TEST_CASE("the loss of smoothed and mixed labels has the gradient that differences say") {
    const Target targets[] = {{1, 1, 1}, {2, 0, 0.7f}, {0, 3, 0.25f}};
    for (const double smoothing : {0.0, 0.1})
        for (const Target& target : targets) {
            std::vector<double> z{0.3, -1.2, 2, 0.7}, gradient(4), ignored(4);
            target_loss<double>(z, target, smoothing, 0.5, gradient.data());
            for (std::size_t k = 0; k < z.size(); ++k) {
                const double kept = z[k], h = 1e-6;
                z[k] = kept + h;
                const double above = target_loss<double>(z, target, smoothing, 1, ignored.data());
                z[k] = kept - h;
                const double below = target_loss<double>(z, target, smoothing, 1, ignored.data());
                z[k] = kept;
                CHECK(std::abs(gradient[k] - 0.5 * (above - below) / (2 * h)) < 1e-9);
            }
        }
    // All logits alike: the logarithm of the number of classes.
    std::vector<double> z(4), ignored(4);
    CHECK(target_loss<double>(z, targets[0], 0, 1, ignored.data()) == doctest::Approx(std::log(4.0)));
}

TEST_CASE("what a teacher adds to the loss has the gradient that differences say, and its known values") {
    const std::vector<float> teacher{0.5f, 0.f, 3.f, -1.f};
    using Kind = DistillOptions::Kind;
    for (const Kind kind : {Kind::kPlain, Kind::kEntropy})
        for (const int label : {2, 0})
            for (const double temperature : {1.0, 3.0}) {
                const DistillOptions options{kind, 0.5, temperature, 0.7};
                std::vector<double> z{0.3, -1.2, 2, 0.7}, gradient{1, 2, 3, 4}, ignored(4);
                teacher_loss<double>(z, teacher, label, options, 0.5, gradient.data());
                for (std::size_t k = 0; k < z.size(); ++k) {
                    const double kept = z[k], h = 1e-6;
                    z[k] = kept + h;
                    const double above = teacher_loss<double>(z, teacher, label, options, 1, ignored.data());
                    z[k] = kept - h;
                    const double below = teacher_loss<double>(z, teacher, label, options, 1, ignored.data());
                    z[k] = kept;
                    const double before = 1 + static_cast<double>(k);
                    CHECK(std::abs(gradient[k] - before - 0.5 * (above - below) / (2 * h)) < 1e-9);
                }
            }
    std::vector<double> ignored(4);
    const std::vector<double> same(teacher.begin(), teacher.end()), flat(4);
    // Nothing is left to learn from a teacher that one agrees with; of 4 classes all alike the entropy is
    // log 4.
    CHECK(std::abs(teacher_loss<double>(same, teacher, 2, {Kind::kEntropy, 0.5, 2, 1}, 1, ignored.data())) <
          1e-12);
    CHECK(teacher_loss<double>(flat, teacher, 0, {Kind::kEntropy, 0.5, 2, 0.7}, 1, ignored.data()) ==
          doctest::Approx(-0.7 * std::log(4.0)));
}

TEST_CASE("a store gives images as the recipe does, without those that cannot be read") {
    const Colors colors;
    const Preprocess recipe = recipe_of_colors();
    const ImageStore store(colors, recipe, 2);
    CHECK(store.missing() == 1);
    REQUIRE(store.size() == 11);
    std::vector<float> expected(store.numbers()), actual(store.numbers());
    for (std::int64_t i = 0; i < store.size(); ++i) {
        const std::int64_t image = i < 5 ? i : i + 1;
        apply(recipe, colors.image(image), expected.data());
        store.read(i, actual.data());
        CHECK(store.label(i) == colors.label(image));
        for (std::size_t at = 0; at < actual.size(); ++at) CHECK(std::abs(actual[at] - expected[at]) < 1e-6);
    }
}

TEST_CASE("an epoch shows each image at most once, in an order of its own, mixed as its targets say") {
    const Colors colors;
    const ImageStore store(colors, recipe_of_colors(), 1);
    const std::vector<std::int64_t> images{0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
    BatchMaker plain(store, images, 4, {.shift = false}, 7),
        mixed(store, images, 4, {.shift = false, .mixup = 0.4}, 7);
    CHECK(plain.batches() == 2);
    const std::size_t size = store.numbers();
    std::vector<float> numbers(4 * size), mix(4 * size);
    std::vector<Target> targets(4), mix_targets(4);
    std::vector<std::vector<float>> orders;
    for (const std::int64_t epoch : {0, 1}) {
        std::set<float> seen;
        orders.emplace_back();
        for (std::int64_t index = 0; index < 2; ++index) {
            plain.make(epoch, index, numbers, targets);
            mixed.make(epoch, index, mix, mix_targets);
            for (std::size_t r = 0; r < 4; ++r) {
                const float own = numbers[r * size], other = numbers[(r + 1) % 4 * size];
                seen.insert(own);
                orders.back().push_back(own);
                CHECK(targets[r].share == 1);
                const Target& target = mix_targets[r];
                CHECK(target.label == targets[r].label);
                CHECK(target.other == targets[(r + 1) % 4].label);
                CHECK(std::abs(mix[r * size] - (target.share * own + (1 - target.share) * other)) < 1e-6);
            }
        }
        CHECK(seen.size() == 8);
    }
    CHECK(orders[0] != orders[1]);
    // A training that goes on in the middle of an epoch sees what it would have seen.
    std::vector<float> again(4 * size);
    BatchMaker(store, images, 4, {.shift = false, .mixup = 0.4}, 7).make(1, 1, again, targets);
    CHECK(again == mix);
}

TEST_CASE("a step of each optimiser is what its paper says") {
    // logits = W x + b, W the unit matrix: alike for numbers that are alike, so that probabilities are 1/2.
    GraphBuilder builder;
    const ValueId x = builder.input("x", {DataType::kFloat32, {1, 2}});
    const ValueId weights = builder.constant("weights", Tensor::of({2, 2}, {1, 0, 0, 1}));
    const ValueId bias = builder.constant("bias", Tensor(DataType::kFloat32, {2}));
    builder.output(builder.add("Gemm", {x, weights, bias}, {{"transB", std::int64_t{1}}}));
    for (const auto kind : {OptimiserOptions::Kind::kSgd, OptimiserOptions::Kind::kAdamW}) {
        OptimiserOptions options;
        options.kind = kind;
        options.decay = 0.01;
        NetworkTrainer trainer(builder.graph(), 1, options);
        trainer.images()[0] = 3;
        trainer.images()[1] = 3;
        trainer.targets()[0] = {0, 0, 1};
        const auto seen = trainer.step(0.1);
        CHECK(seen.loss == doctest::Approx(std::log(2.0)));
        Graph graph = builder.graph();
        trainer.write_constants(graph);
        const float* w = graph.value(weights).constant->data<float>();
        const float* b = graph.value(bias).constant->data<float>();
        if (kind == OptimiserOptions::Kind::kSgd) {  // gradients -+ 0.5 * 3 + 0.01 w, -+ 0.5; times 0.1 * 1.9
            CHECK(w[0] == doctest::Approx(1 - 0.19 * (-1.5 + 0.01)));
            CHECK(w[2] == doctest::Approx(0 - 0.19 * 1.5));
            CHECK(b[0] == doctest::Approx(0.19 * 0.5));
        } else {  // the first step is as long as the rate, whatever the gradient
            CHECK(w[0] == doctest::Approx(1 * (1 - 0.1 * 0.01) + 0.1));
            CHECK(w[2] == doctest::Approx(-0.1));
            CHECK(b[0] == doctest::Approx(0.1));
        }
    }
}

TEST_CASE(
    "a network learns a batch by heart, exits too; its steps allocate only what oneDNN does, its state comes "
    "back") {
    Member member = start_network(find_backbone("cifar_resnet20"), 4, 3);
    start_heads(member, 4, {*parse_head_type("linear")}, {0, 4}, 3, [](const std::string&) {});
    OptimiserOptions options;
    options.average = 0.5;
    NetworkTrainer trainer(member.graph, 8, options);
    Random random(1, 2);
    for (float& number : trainer.images()) number = static_cast<float>(2 * random.uniform() - 1);
    for (std::size_t r = 0; r < 8; ++r) trainer.targets()[r] = {static_cast<int>(r % 4), 0, 1};
    const double first = trainer.step(0.01).loss;
    const auto allocations = [](auto&& work) {
        const std::int64_t before = allocation_count();
        for (int i = 0; i < 10; ++i) work();
        return allocation_count() - before;
    };
    NetworkRun bare(member.graph, 8);
    const auto run_bare = [&] { bare.forward(), bare.backward(); };
    run_bare();  // oneDNN's own first-time work
    CHECK(allocations([&] { trainer.step(0.02); }) == allocations(run_bare));
    for (int i = 0; i < 10; ++i) trainer.step(0.02);
    const auto seen = trainer.step(0.02);
    CHECK(seen.loss < first / 4);
    CHECK(seen.correct == 8);

    const auto state = trainer.state();
    NetworkTrainer other(member.graph, 8, options);
    other.set_state(state, 22);
    std::copy_n(trainer.images().begin(), trainer.images().size(), other.images().begin());
    std::copy_n(trainer.targets().begin(), 8, other.targets().begin());
    CHECK(trainer.step(0.01).loss == other.step(0.01).loss);
    CHECK(trainer.state() == other.state());

    trainer.write_constants(member.graph);
    const Member finished = finish_network(member);
    CHECK(finished.exits.heads.size() == 2);
    CHECK(finished.exits.sites.size() == member.exits.sites.size());
}

TEST_CASE("a teacher teaches exit by exit, and must fit") {
    const auto network = [](const char* name, int classes, const std::vector<int>& sites) {
        Member member = start_network(find_backbone(name), classes, 3);
        start_heads(member, classes, {*parse_head_type("mlp2x8")}, sites, 3, [](const std::string&) {});
        return member;
    };
    const Member student = network("cifar_resnet20", 4, {0, 4});
    const Member teacher = finish_network(network("cifar_resnet32", 4, {8, 2}));
    Teacher exits(teacher, student, 2, 1),
        classifier(finish_network(network("cifar_resnet32", 4, {})), student, 2, 1);
    std::vector<float> images(2 * 3 * 32 * 32);
    Random random(1, 2);
    for (float& number : images) number = static_cast<float>(2 * random.uniform() - 1);
    exits.answer(images);
    classifier.answer(images);
    REQUIRE(exits.logits(1).size() == 2 * 4);
    CHECK(std::equal(classifier.logits(0).begin(), classifier.logits(0).end(), classifier.logits(2).begin()));

    const auto refusal = [&](const Member& other) {
        try {
            const Teacher refused(other, student, 2, 1);
        } catch (const Error& error) {
            return std::string(error.what());
        }
        return std::string();
    };
    CHECK(refusal(finish_network(network("cifar_resnet32", 5, {1, 2}))).find("5 classes, expected 4") !=
          std::string::npos);
    CHECK(refusal(finish_network(network("cifar_resnet32", 4, {1}))).find("1 exits, expected 2") !=
          std::string::npos);
    Member other = teacher;
    other.preprocess.mean[0] = 0;
    CHECK(refusal(other).find("prepares") != std::string::npos);
}
