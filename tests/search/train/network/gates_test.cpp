// Covers gate_loss, judge.
// Networks with gates in training: what they cost, what runs, what pulls at the gates, and that they learn.
#include "search/train/network/gates.h"

#include "graph/interpreter.h"
#include "search/train/network/gate_loss.h"
#include "search/train/network/judge.h"
#include "search/train/network/network_trainer.h"
#include "search/train/network/start_network.h"
#include "search/train/network/train_network.h"
#include "tests/search/train/network/residual_network.h"
#include "tests/support/check_throws.h"

using namespace dyce;
using namespace dyce::test;

namespace {

Member gated_network(const std::vector<int>& blocks) {
    Member member = residual_network(blocks).members[0];
    start_gates(member, 5);
    return member;
}

// Gates whose logits are far apart, now this way, now that: about half of the images run.
Member opinionated_network(const std::vector<int>& blocks, unsigned seed) {
    Member member = gated_network(blocks);
    std::mt19937 random(seed);
    for (Value& value : member.graph.values)
        if (value.constant && value.name.find("gate-ff16.fc1") != std::string::npos)
            value.constant =
                random_tensor(value.constant->shape(), random, value.name.ends_with("weight") ? -9.f : -0.1f,
                              value.name.ends_with("weight") ? 9.f : 0.1f);
    return member;
}

Tensor value_of(const Graph& graph, ValueId value, const Tensor& image) {
    Graph part = graph;
    part.outputs = {value};
    return interpret(part, {image})[0];
}

// One image through a network of blocks with gates, by hand: the interpreter runs one block, or one gate, at a time on
// a value that is handed in.
struct ByHand {
    const Member& member;
    std::vector<bool> ran = {};

    Tensor run(const Tensor& image) {
        ran.clear();
        Tensor x = value_of(member.graph, member.exits.sites[0].value, image);
        for (std::size_t b = 1; b < member.exits.sites.size(); ++b) {
            const ExitHead& gate = member.exits.heads[b - 1];
            const Tensor z = from_site(static_cast<int>(b) - 1,
                                       member.graph.outputs[static_cast<std::size_t>(gate.output)], x);
            ran.push_back(!(z.data<float>()[0] > z.data<float>()[1]));
            if (ran.back()) x = from_site(static_cast<int>(b) - 1, member.exits.sites[b].value, x);
        }
        return from_site(static_cast<int>(member.exits.sites.size()) - 1, member.graph.outputs[0], x);
    }

private:
    // The value when that of the site is given.
    Tensor from_site(int site, ValueId value, const Tensor& given) const {
        Graph part = member.graph;
        const ValueId start = member.exits.sites[static_cast<std::size_t>(site)].value;
        std::erase_if(part.nodes, [&](const Node& node) { return node.outputs[0] == start; });
        part.inputs = {{start, {DataType::kFloat32, {1, 16, 8, 8}}}};
        part.outputs = {value};
        const auto needed = find_needed_nodes(part, value);
        std::vector<Node> nodes;
        for (std::size_t n = 0; n < part.nodes.size(); ++n)
            if (needed[n]) nodes.push_back(part.nodes[n]);
        part.nodes = std::move(nodes);
        return interpret(part, {given})[0];
    }
};

}  // namespace

TEST_CASE("gates begin before all blocks that can be skipped, and all open") {
    const Member member = gated_network({0, 1, 2, 3});
    REQUIRE(member.exits.heads.size() == 3);
    const Tensor image = random_tensor({1, 3, 8, 8}, 5);
    for (std::size_t g = 0; g < 3; ++g) {
        const ExitHead& gate = member.exits.heads[g];
        CHECK(gate.type == "gate-ff16");
        CHECK(gate.role == HeadRole::kGate);
        CHECK(gate.site == static_cast<int>(g));
        CHECK(gate.skips == gate.site + 1);
        const Tensor z =
            value_of(member.graph, member.graph.outputs[static_cast<std::size_t>(gate.output)], image);
        const double open = 1 / (1 + std::exp(static_cast<double>(z.data<float>()[0] - z.data<float>()[1])));
        CHECK(open > 0.88);
        CHECK(open < 0.9);
    }
    Member again = member;
    start_gates(again, 6);  // in place of those
    CHECK(again.exits.heads.size() == 3);
    CHECK(again.graph.outputs.size() == 4);
    remove_gates(again);
    CHECK(again.exits.heads.empty());
    CHECK(again.graph.values.size() == residual_network({0, 1, 2, 3}).members[0].graph.values.size());

    Member plain = small_network().members[0];
    check_throws([&] { start_gates(plain, 1); }, ErrorCode::kUsage, "no stage that can be skipped",
                 "--gates");
}

TEST_CASE("a gated graph does what is done by hand, block by block; without choice it is the network") {
    const Member member = opinionated_network({0, 1, 2, 3}, 3);
    const Graph gated = gated_graph(member, false);
    ByHand by_hand{member};
    std::vector<int> ran(3);
    for (unsigned seed = 0; seed < 20; ++seed) {
        const Tensor image = random_tensor({1, 3, 8, 8}, seed, -2, 2);
        const Tensor expected = by_hand.run(image);
        check_close_to_largest(interpret(gated, {image})[0], expected, 1e-6f);
        for (std::size_t g = 0; g < 3; ++g) ran[g] += by_hand.ran[g] ? 1 : 0;
    }
    CHECK(ran[0] + ran[1] + ran[2] > 5);  // of 60: decisions differ
    CHECK(ran[0] + ran[1] + ran[2] < 55);

    const Member open = gated_network({0, 1, 2});
    const Tensor image = random_tensor({2, 3, 8, 8}, 9);
    CHECK(largest_difference(interpret(gated_graph(open, false), {image})[0],
                             interpret(residual_network({0, 1, 2}).members[0].graph, {image})[0]) == 0);
}

TEST_CASE("judging a network counts what its gates let run") {
    const Member member = opinionated_network({0, 1, 2, 3}, 3);
    const ImageStore store(FourColors(20), recipe_of_four_colors(), 1);
    const std::vector<double> judged = judge(member, store, all_images(store), 2);
    ByHand by_hand{member};
    std::vector<double> expected(4);
    for (std::int64_t i = 0; i < store.size(); ++i) {
        Tensor image(DataType::kFloat32, {1, 3, 8, 8});
        store.read(i, image.mutable_data<float>());
        const Tensor logits = by_hand.run(image);
        const float* z = logits.data<float>();
        expected[0] += std::max_element(z, z + 4) - z == store.label(i) ? 0.05 : 0;
        for (std::size_t g = 0; g < 3; ++g)
            expected[static_cast<std::size_t>(member.exits.heads[g].output)] += by_hand.ran[g] ? 0.05 : 0;
    }
    REQUIRE(judged.size() == 4);
    for (std::size_t o = 0; o < 4; ++o) CHECK(judged[o] == doctest::Approx(expected[o]));
}

TEST_CASE("what a gated network costs") {
    const Member member = gated_network({0, 1, 2});
    const GatedCost cost = gated_cost(member);
    // Convolutions of 147,456 multiply-adds, two a block, the stem's 27,648 and 64 of the classifier; gates 16*16 + 16*2.
    CHECK(cost.whole == 6 * 147'456 * 1 + 27'648 * 1 + 64);
    CHECK(cost.gated == 4 * 147'456);
    CHECK(cost.asked == 2 * (256 + 32));
    CHECK(cost.gates.size() == 2);
    CHECK(cost.gates[1].share == doctest::Approx(0.5));
    const double least = (2 * 147'456.0 + 27'648 + 64 + 576) / (6 * 147'456.0 + 27'648 + 64);
    CHECK(cost.of_network(0) == doctest::Approx(least));
    CHECK(cost.of_network(0.5) == doctest::Approx(least + 2 * 147'456.0 / (6 * 147'456.0 + 27'648 + 64)));
    CHECK(cost.of_gated(cost.of_network(0.3)) == doctest::Approx(0.3));
    CHECK(cost.of_gated(1) < 1);  // gates cost something, too
    CHECK(cost.of_gated(1) > 0.998);
    check_throws([&] { cost.of_gated(0.35); }, ErrorCode::kUsage,
                 "of the multiply-adds run with all gates shut", "--target");
    const std::vector<double> open{0.9, 1, 0.5};
    CHECK(share_run(cost, open) == doctest::Approx(cost.of_network(0.75)));
    // The stem 1, blocks 2, 3 and 5, of which the first has no gate; the classifier 1.
    const GatedCost measured = gated_cost(member, std::vector<double>{1 + 2, 3, 5, 1});
    CHECK(measured.whole == 12);
    CHECK(measured.gated == 8);
    CHECK(measured.gates[1].share == 5.0 / 8);
    CHECK(measured.of_network(0) == 4.0 / 12);
    CHECK(share_run(measured, open) == doctest::Approx((4 + 3 * 1 + 5 * 0.5) / 12));
    check_throws([&] { measured.of_gated(0.33); }, ErrorCode::kUsage,
                 "0.3333 of the measured cost run with all gates shut", "--target");
}

TEST_CASE("the target falls over the first half of the steps, and the noise dies with it") {
    CHECK(gate_step(0.4, 7, 0, 100).target == 1);
    CHECK(gate_step(0.4, 7, 0, 100).noise == 1);
    CHECK(gate_step(0.4, 7, 25, 100).target == doctest::Approx(0.7));
    CHECK(gate_step(0.4, 7, 25, 100).noise == doctest::Approx(0.5));
    for (const std::int64_t step : {50, 75, 99}) {
        CHECK(gate_step(0.4, 7, step, 100).target == doctest::Approx(0.4));
        CHECK(gate_step(0.4, 7, step, 100).noise == 0);
    }
    // Logistic: mean 0, variance pi^2 / 3, P(X > 1) = 1 / (1 + e).
    std::vector<float> noise(20'000), again(20'000), other(20'000);
    draw_gate_noise({1, 1, 7, 3}, noise);
    draw_gate_noise({1, 1, 7, 3}, again);
    draw_gate_noise({1, 1, 7, 4}, other);
    CHECK(noise == again);
    CHECK(noise != other);
    double sum = 0, squares = 0, above = 0;
    for (const float one : noise) {
        sum += static_cast<double>(one) / 20'000;
        squares += static_cast<double>(one) * static_cast<double>(one) / 20'000;
        above += one > 1 ? 1.0 / 20'000 : 0;
    }
    CHECK(std::abs(sum) < 0.05);
    CHECK(squares == doctest::Approx(3.29).epsilon(0.04));
    CHECK(above == doctest::Approx(0.2689).epsilon(0.05));
    draw_gate_noise({1, 0, 7, 3}, noise);
    CHECK(noise == std::vector<float>(20'000));
}

TEST_CASE("what pulls at gates is the slope of the squared distance to the target, through probabilities") {
    const std::vector<std::vector<float>> logits = {{0.5f, 1, 2, -1, 0, 0}, {-1, 1, 0.3f, 0.2f, 1, -2}};
    const std::vector<double> shares{0.25, 0.75};
    const std::vector<float> noise{0.2f, 0, -0.5f, 1, 0, 0};
    std::vector<std::vector<float>> gradients(2, std::vector<float>(6));
    std::vector<GateRows> rows;
    for (std::size_t g = 0; g < 2; ++g) rows.push_back({logits[g], gradients[g], shares[g]});
    const GateStep step{0.4, 0, 0, 0};
    // Gate 0 runs for images 0 and 2 (a tie), gate 1 for 0 and 1 (its noise outweighs).
    CHECK(gate_loss(rows, noise, 3, step) == doctest::Approx(2 * 0.25 + 2 * 0.75));
    const double ran = 2.0 / 3;
    for (std::size_t g = 0; g < 2; ++g)
        for (std::size_t n = 0; n < 3; ++n) {
            // d/dz of 32 (C - t)^2 where C moves as the mean of share * sigmoid does, by central differences; a gate
            // that is sure moves as if its slope was a twentieth.
            const auto probability = [&](double by) {
                const double z = static_cast<double>(logits[g][2 * n + 1]) -
                                 static_cast<double>(logits[g][2 * n]) +
                                 static_cast<double>(noise[2 * n + g]) + by;
                return 1 / (1 + std::exp(-z));
            };
            const double slope =
                std::max((probability(1e-5) - probability(-1e-5)) / 2e-5, 0.05) * shares[g] / 3;
            CHECK(static_cast<double>(gradients[g][2 * n + 1]) == doctest::Approx(64 * (ran - 0.4) * slope));
            CHECK(gradients[g][2 * n] == -gradients[g][2 * n + 1]);
        }
    CHECK(gate_loss(rows, {}, 3, step) == doctest::Approx(2 * 0.25 + 1 * 0.75));
}

TEST_CASE("gates learn at three times the rate") {
    const Member member = gated_network({0, 1, 2});
    const Graph factors = rate_factors(member);
    OptimiserOptions options;
    options.decay = 0;
    const auto moved = [&](bool with_factors) {
        NetworkTrainer trainer(gated_graph(member, true), 4, options, gated_cost(member).gates);
        if (with_factors) trainer.set_rate_factors(factors);
        const Tensor images = random_tensor({4, 3, 8, 8}, 5);
        std::copy_n(images.data<float>(), images.elements(), trainer.images().begin());
        for (std::size_t row = 0; row < 4; ++row) trainer.targets()[row] = {static_cast<int>(row), 0, 1};
        trainer.step(0.125, nullptr, {0.5, 0, 0, 0});
        Graph graph = member.graph;
        trainer.write_constants(graph);
        return graph;
    };
    const Graph once = moved(false), thrice = moved(true);
    int gates = 0, others = 0;
    for (std::size_t v = 0; v < once.values.size(); ++v) {
        if (!once.values[v].constant) continue;
        const bool is_gate = once.values[v].name.find("gate-ff16") != std::string::npos;
        const auto at = [&](const Graph& graph, std::int64_t i) {
            return static_cast<double>(graph.values[v].constant->data<float>()[i]);
        };
        for (std::int64_t i = 0; i < once.values[v].constant->elements(); ++i) {
            const double before = at(member.graph, i);
            const double expected = before + (is_gate ? 3 : 1) * (at(once, i) - before);
            CHECK(std::abs(at(thrice, i) - expected) <= 1e-6 * (1 + std::abs(expected)));
            (is_gate ? gates : others) += at(once, i) != before;
        }
    }
    CHECK(gates > 30);
    CHECK(others > 1000);
}

TEST_CASE("gates learn to let as much run as they are told, and to tell images apart") {
    Member member = gated_network({0, 1, 2, 3, 4});
    TrainNetworkOptions options;
    options.epochs = 60;
    options.batch = 16;
    options.holdout = 0.2;
    options.optimiser.rate = 0.02;
    options.live_norms = true;
    options.threads = 1;
    options.augment.shift = false;
    options.gate_target = 0.5;  // 1.5 of 4 blocks: no gates that are constant come to that
    std::vector<double> told;
    options.tell_run = [&](double share) { told.push_back(share); };
    const TrainNetworkReport report =
        train_network(member, FourColors(240), options, [](const char*, std::int64_t, std::int64_t) {});
    REQUIRE(report.run.has_value());
    CHECK(std::abs(*report.run - 0.5) < 0.07);
    CHECK(report.accuracy[0] > 0.95);
    CHECK(told.size() == static_cast<std::size_t>(report.steps));
    CHECK(told.front() > 0.8);  // nearly all open, but for the noise
    int undecided = 0;
    for (const ExitHead& head : member.exits.heads) {
        REQUIRE(head.role == HeadRole::kGate);
        const double open = report.accuracy[static_cast<std::size_t>(head.output)];
        undecided += open > 0.05 && open < 0.95;
    }
    CHECK(undecided > 0);
    // The network that is stored decides as the one that was judged.
    const ImageStore store(FourColors(240), recipe_of_four_colors(), 1);
    const ImageSplit split = split_images(store.size(), 0.2, 0);
    CHECK(judge(member, store, split.held_out, 1) == report.accuracy);
    for (const Node& node : member.graph.nodes) {
        CHECK(node.spec->name != "Gate");
        CHECK(node.spec->name != "BatchNormalization");
    }
}
