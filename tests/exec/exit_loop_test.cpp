#include "runtime/exec/exit_loop.h"
#include "runtime/core/onednn/compat.h"

#include "tests/allocations.h"
#include "tests/exec/exit_net.h"

#include <dyce/error.h>

#include <doctest/doctest.h>

#include <map>

using namespace dyce;
using test::ExitNet;
using test::make_exit_net;

namespace {

using Pictures = std::vector<std::vector<float>>;

Pictures noise(int count) {
    std::mt19937 random(3);
    std::normal_distribution<float> normal;
    Pictures pictures(static_cast<std::size_t>(count), std::vector<float>(3 * 8 * 8));
    for (auto& picture : pictures)
        for (float& x : picture) x = normal(random);
    return pictures;
}

Tensor as_tensor(const std::vector<float>& picture) {
    Tensor tensor(DataType::kFloat32, {1, 3, 8, 8});
    std::copy(picture.begin(), picture.end(), tensor.mutable_data<float>());
    return tensor;
}

struct Left {
    int position;
    std::string type;
    float score;
    std::int64_t macs;
    std::vector<float> logits;
    friend bool operator==(const Left&, const Left&) = default;
};

/// Hands pictures to the loop and notes how they leave.
class Notes final : public ExitBatch {
public:
    explicit Notes(std::span<const std::vector<float>> pictures) : pictures_(pictures) {}
    void fill(int, int row, std::span<float> picture) override {
        std::copy(pictures_[static_cast<std::size_t>(row)].begin(),
                  pictures_[static_cast<std::size_t>(row)].end(), picture.begin());
    }
    void leave(int row, const ExitAnswer& a) override {
        REQUIRE(left.count(row) == 0);
        left[row] = {a.position, *a.type, a.score, a.macs, {a.logits.begin(), a.logits.end()}};
        late += a.late ? 1 : 0;
    }
    Clock::time_point deadline(int) const override { return due; }

    std::map<int, Left> left;
    int late = 0;
    Clock::time_point due = Clock::time_point::max();

private:
    std::span<const std::vector<float>> pictures_;
};

struct Runner {
    ExitNet net;
    std::int64_t macs;
    std::vector<ExitPosition> positions;
    int max_batch;
    ExitLoop loop;

    /// `at_once`: rows that the network takes; 0 = the batch.
    Runner(ExitNet made, int batch, bool reference = false, Precision precision = Precision::kFloat32,
           int at_once = 0)
        : net(std::move(made)),
          macs(backbone_macs()),
          positions(list_positions({{&net.graph, &net.exits, macs}})),
          max_batch(batch),
          loop({CompiledModel::compile(net.graph, net.exits,
                                       {.max_batch = at_once > 0 ? at_once : batch,
                                        .threads = 2,
                                        .precision = precision,
                                        .reference_kernels = reference})},
               positions, batch) {}

    std::int64_t backbone_macs() const {
        std::int64_t heads = 0;
        for (const ExitHead& head : net.exits.heads) heads += head.macs;
        return count_macs(net.graph) - heads;
    }
    std::vector<Left> run(const Configuration& configuration, const Pictures& pictures) {
        const ExitPlan plan = make_exit_plan(configuration, positions);
        std::vector<Left> answers;
        const auto batch = static_cast<std::size_t>(max_batch);
        for (std::size_t first = 0; first < pictures.size(); first += batch) {
            const auto count = std::min(batch, pictures.size() - first);
            Notes notes(std::span<const std::vector<float>>(pictures).subspan(first, count));
            loop.run(plan, static_cast<int>(count), notes);
            REQUIRE(notes.left.size() == count);
            for (const auto& [row, left] : notes.left) answers.push_back(left);
        }
        return answers;
    }
};

Configuration random_configuration(std::mt19937& random, int sites) {
    Configuration configuration;
    const auto pick = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
    configuration.score = std::vector<std::string>{"max_softmax", "margin", "entropy",
                                                   "patience"}[static_cast<std::size_t>(pick(4))];
    for (int site = 0; site < sites; ++site)
        if (pick(3) > 0) {
            const double threshold =
                configuration.score == "patience" ? pick(3) : 0.3 + 0.7 * pick(1000) / 1000.0;
            configuration.exits.push_back(
                {site, (pick(2) != 0 ? "exit" : "quad") + std::to_string(site), threshold});
        }
    return configuration;
}

}  // namespace

TEST_CASE("exits: sites, heads and their multiply-adds come out of the graph") {
    const ExitNet net = make_exit_net(3);
    REQUIRE(net.exits.sites.size() == 3);
    REQUIRE(net.exits.heads.size() == 6);
    const std::int64_t stem = 8 * 64 * 27, block = 2 * 8 * 64 * 72;
    for (int b = 0; b < 3; ++b) {
        const auto i = static_cast<std::size_t>(b);
        CHECK(net.exits.sites[i].name == "block" + std::to_string(b));
        CHECK(net.exits.sites[i].macs == stem + (b + 1) * block);
        CHECK(net.exits.heads[2 * i].macs == 8 * 5);
        CHECK(net.exits.heads[2 * i + 1].macs == 32 * 5);
    }
}

TEST_CASE("a batch that goes in parts leaves as one that does not") {
    const auto pictures = noise(13);
    Runner whole(make_exit_net(4), 13);
    Runner parts(make_exit_net(4), 13, false, Precision::kFloat32, 3);
    std::mt19937 random(11);
    for (int i = 0; i < 20; ++i) {
        const Configuration configuration = random_configuration(random, 4);
        CHECK(parts.run(configuration, pictures) == whole.run(configuration, pictures));
    }
}

TEST_CASE("exits off give, bit by bit, what the network without heads gives") {
    const auto pictures = noise(13);
    for (const int batch : {1, 4, 13}) {
        Runner runner(make_exit_net(4), batch);
        Graph backbone = runner.net.graph;
        Executor plain(CompiledModel::compile(backbone, ExitTable{}, {.max_batch = 1, .threads = 2}));
        const auto answers = runner.run({}, pictures);
        for (std::size_t i = 0; i < pictures.size(); ++i) {
            std::copy(pictures[i].begin(), pictures[i].end(), plain.input(1).begin());
            const auto logits = plain.run(1);
            CHECK(answers[i].logits == std::vector<float>(logits.begin(), logits.end()));
            CHECK(answers[i].position == 4);
            CHECK(answers[i].type == "final");
            CHECK(answers[i].macs == runner.macs);
        }
    }
}

TEST_CASE("each picture leaves where the rule says, by the logits of the whole graph") {
    // The oracle computes every head for every picture, then walks the sites as METHOD says.
    const auto pictures = noise(40);
    for (const bool reference : {false, true}) {
        Runner runner(make_exit_net(4), 16, reference);
        Executor all(CompiledModel::compile(runner.net.graph,
                                            {.max_batch = 1, .threads = 2, .reference_kernels = reference}));
        std::vector<std::vector<Tensor>> outputs;
        for (const auto& picture : pictures) outputs.push_back(all.run({as_tensor(picture)}));
        std::mt19937 random(11);
        std::vector<int> left_at(5, 0);
        for (int round = 0; round < 30; ++round) {
            const Configuration configuration = random_configuration(random, 4);
            const ExitScore& score = find_exit_score(configuration.score);
            const auto answers = runner.run(configuration, pictures);
            for (std::size_t i = 0; i < pictures.size(); ++i) {
                Left expected{4, "final", 0, runner.macs, {}};
                std::size_t output = 0;
                std::int64_t heads = 0;
                int last = -1, agreeing = 0;
                const auto judge = [&](std::size_t k) {
                    const std::span logits(outputs[i][k].data<float>(), 5);
                    const int best = best_class(logits);
                    agreeing = best == last ? agreeing + 1 : 1;
                    last = best;
                    return score.compute({logits, best, agreeing});
                };
                for (const EnabledExit& exit : configuration.exits) {
                    const bool quad = exit.type.starts_with("quad");
                    const auto site = static_cast<std::size_t>(exit.site);
                    output = 1 + 2 * site + (quad ? 1 : 0);
                    heads += quad ? 160 : 40;
                    expected.score = judge(output);
                    if (static_cast<double>(expected.score) > exit.threshold) {
                        expected.position = exit.site;
                        expected.type = exit.type;
                        expected.macs = runner.net.exits.sites[site].macs;
                        break;
                    }
                    output = 0;
                }
                if (expected.position == 4) expected.score = judge(0);
                expected.macs += heads;
                const float* logits = outputs[i][output].data<float>();
                expected.logits.assign(logits, logits + 5);
                CHECK(answers[i] == expected);
                ++left_at[static_cast<std::size_t>(expected.position)];
            }
        }
        for (const int count : left_at) CHECK(count > 20);  // the case means something
    }
}

TEST_CASE("an answer does not depend on the batch") {
    const auto pictures = noise(37);
    std::mt19937 random(5);
    std::vector<Configuration> configurations;
    for (int i = 0; i < 8; ++i) configurations.push_back(random_configuration(random, 5));
    for (const Precision precision : {Precision::kFloat32, Precision::kBfloat16}) {
        if (precision == Precision::kBfloat16 && !onednn::has_bfloat16()) continue;
        Runner one(make_exit_net(5), 1, false, precision);
        for (const int batch : {2, 3, 7, 16, 32}) {
            Runner many(make_exit_net(5), batch, false, precision);
            for (const Configuration& configuration : configurations)
                CHECK(many.run(configuration, pictures) == one.run(configuration, pictures));
        }
    }
}

TEST_CASE("the exit loop allocates nothing of its own") {
    const auto pictures = noise(8);
    Runner runner(make_exit_net(3), 8);
    Configuration configuration;
    for (int site = 0; site < 3; ++site)
        configuration.exits.push_back({site, "exit" + std::to_string(site), 0.6});
    const ExitPlan plan = make_exit_plan(configuration, runner.positions);
    class Silent final : public ExitBatch {
    public:
        void fill(int, int row, std::span<float> p) override {
            std::fill(p.begin(), p.end(), 0.1f * static_cast<float>(row));
        }
        void leave(int, const ExitAnswer&) override { ++count; }
        int count = 0;
    } silent;
    const auto allocations = [&](const ExitPlan& p, int times) {
        const auto before = test::allocation_count();
        for (int i = 0; i < times; ++i) runner.loop.run(p, 8, silent);
        return test::allocation_count() - before;
    };
    allocations(plan, 2);  // oneDNN's own first-time work
    CHECK(allocations(plan, 20) == 2 * allocations(plan, 10));
    const ExitPlan off = make_exit_plan({}, runner.positions);
    Executor bare(CompiledModel::compile(runner.net.graph, ExitTable{}, {.max_batch = 8, .threads = 2}));
    bare.input(8), bare.run(8);
    const auto before = test::allocation_count();
    for (int i = 0; i < 10; ++i) bare.input(8), bare.run(8);
    const auto of_bare = test::allocation_count() - before;
    CHECK(allocations(off, 10) == of_bare);
}

TEST_CASE("a row that would be late leaves by an exit") {
    const auto pictures = noise(6);
    Runner runner(make_exit_net(4), 6);
    Configuration never;
    never.exits = {{1, "exit1", 2.0}};  // evaluated, never sure enough
    const ExitPlan plan = make_exit_plan(never, runner.positions);
    const auto run = [&](ExitBatch::Clock::time_point due) {
        Notes notes(pictures);
        notes.due = due;
        runner.loop.run(plan, 6, notes);
        REQUIRE(notes.left.size() == 6);
        return notes.left;
    };
    for (const auto& [row, left] : run(ExitBatch::Clock::now() - std::chrono::hours(1))) {
        CHECK(left.position == 0);  // nothing was evaluated yet: a head of the first site answers
        CHECK(left.type == "exit0");
        CHECK(left.macs == runner.net.exits.sites[0].macs + 40);
    }
    for (const auto& [row, left] : run(ExitBatch::Clock::now() + std::chrono::hours(1)))
        CHECK(left.position == 4);
}

TEST_CASE(
    "without deadlines nothing is late; a late row leaves by the head of its site that is known as best") {
    const auto pictures = noise(6);
    Runner runner(make_exit_net(4), 6);
    Executor all(CompiledModel::compile(runner.net.graph, {.max_batch = 1, .threads = 2}));
    Configuration configuration;
    configuration.exits = {{1, "exit1", 2.0}};
    configuration.best_heads =
        std::make_shared<const BestHeads>(BestHeads{{{0, "quad0"}, {1, "quad1"}, {2, "exit2"}}, "quad3"});
    struct Row {
        int blocks;  ///< stages of a millisecond each that the deadline leaves time for
        int position;
        const char* type;
        std::size_t output;
        std::int64_t macs;  ///< of heads
    };
    // Output 1 + 2 * site is exitK, the next quadK. What site 1 has on was evaluated: it answers there.
    for (const Row& row : {Row{1, 0, "quad0", 2, 160},
                           {2, 1, "exit1", 3, 40},
                           {3, 2, "exit2", 5, 40 + 40},
                           {4, 3, "quad3", 8, 40 + 160}}) {
        CAPTURE(row.position);
        StageTimes::TimePoint now{};
        const auto tick = [&now] { return now += std::chrono::microseconds(500); };
        const auto compiled =
            CompiledModel::compile(runner.net.graph, runner.net.exits, {.max_batch = 6, .threads = 2});
        ExitLoop loop({compiled}, runner.positions, 6, make_stage_times({compiled}, tick));
        const ExitPlan plan = make_exit_plan(configuration, runner.positions);
        Notes notes(pictures);
        for (int warm = 0; warm < 3; ++warm) loop.run(plan, 6, notes), notes.left.clear();
        CHECK(notes.late == 0);
        // Each stage asks for the time before and after it, and once more at its site.
        notes.due = now + row.blocks * std::chrono::microseconds(1500);
        loop.run(plan, 6, notes);
        REQUIRE(notes.left.size() == 6);
        CHECK(notes.late == 6);
        for (std::size_t i = 0; i < 6; ++i) {
            const Left& left = notes.left.at(static_cast<int>(i));
            CHECK(left.position == row.position);
            CHECK(left.type == row.type);
            CHECK(left.macs ==
                  runner.net.exits.sites[static_cast<std::size_t>(row.position)].macs + row.macs);
            const auto outputs = all.run({as_tensor(pictures[i])});
            const float* logits = outputs[row.output].data<float>();
            CHECK(left.logits == std::vector<float>(logits, logits + 5));
        }
    }
}

TEST_CASE("after a stage stalled twelve times the final exit answers again, whatever was known before") {
    const auto pictures = noise(1);
    Runner runner(make_exit_net(4), 1);
    const ExitPlan plan = make_exit_plan({}, runner.positions);
    for (const int quiet_before : {0, 100})
        for (const int stalled : {1, 4}) {  // the stage
            CAPTURE(quiet_before);
            CAPTURE(stalled);
            StageTimes::TimePoint now{};
            int calls = 0, stalls = 0;
            bool stalls_now = false;
            const auto clock = [&] {
                // Each stage asks before and after it, and at its site.
                if (++calls == 3 * stalled + 2 && stalls_now) {
                    now += std::chrono::milliseconds(40);
                    ++stalls;
                }
                return now += std::chrono::microseconds(100);
            };
            ExitLoop loop(
                {CompiledModel::compile(runner.net.graph, runner.net.exits, {.threads = 2})},
                runner.positions, 1,
                make_stage_times({CompiledModel::compile(runner.net.graph, runner.net.exits, {})}, clock));
            const auto answer = [&] {
                Notes notes(pictures);
                calls = 0;
                notes.due = now + std::chrono::milliseconds(5);
                loop.run(plan, 1, notes);
                return notes;
            };
            for (int i = 0; i < quiet_before; ++i) CHECK(answer().left.at(0).position == 4);
            stalls_now = true;
            int late = 0, requests = 0;
            for (; stalls < 12; ++requests) late += answer().late;
            CHECK(late == requests);  // the stalls came after their deadline, the others left before them
            CHECK(requests <= 12 + 8 * 12);
            stalls_now = false;
            int recovered = 0;
            while (answer().left.at(0).position != 4) ++recovered;
            CHECK(recovered < 20);
            for (int i = recovered; i < 1000; ++i) {
                const Notes notes = answer();
                CHECK(notes.left.at(0).position == 4);
                CHECK(notes.late == 0);
            }
        }
}

TEST_CASE("loops of one engine learn from one another") {
    const auto pictures = noise(1);
    Runner runner(make_exit_net(3), 1);
    const auto compiled = CompiledModel::compile(runner.net.graph, runner.net.exits, {.threads = 2});
    StageTimes::TimePoint now{};
    const auto times = make_stage_times({compiled}, [&now] { return now += std::chrono::milliseconds(1); });
    ExitLoop one({compiled}, runner.positions, 1, times), other({compiled}, runner.positions, 1, times);
    const ExitPlan plan = make_exit_plan({}, runner.positions);
    Notes notes(pictures);
    for (int warm = 0; warm < 3; ++warm) one.run(plan, 1, notes), notes.left.clear();
    notes.due = now + std::chrono::milliseconds(6);  // a stage and its site take three of them
    other.run(plan, 1, notes);
    CHECK(notes.left.at(0).position == 1);
    CHECK(notes.late == 1);
}

TEST_CASE("a cascade: at a member's classifier a row that the next member would make late leaves, too") {
    const ExitNet small = make_exit_net(1, 1), big = make_exit_net(2, 2);
    const auto positions =
        list_positions({{&small.graph, &small.exits, 1000}, {&big.graph, &big.exits, 2000}});
    const std::vector<std::shared_ptr<const CompiledModel>> members = {
        CompiledModel::compile(small.graph, small.exits, {.threads = 2}),
        CompiledModel::compile(big.graph, big.exits, {.threads = 2})};
    StageTimes::TimePoint now{};
    ExitLoop loop(members, positions, 1,
                  make_stage_times(members, [&now] { return now += std::chrono::milliseconds(1); }));
    Configuration both;
    both.exits = {{0, "exit0", 2.0}};
    const ExitPlan plan = make_exit_plan(both, positions);
    const auto pictures = noise(1);
    Notes notes(pictures);
    for (int warm = 0; warm < 3; ++warm) loop.run(plan, 1, notes), notes.left.clear();
    notes.due = now + std::chrono::milliseconds(6);
    loop.run(plan, 1, notes);
    CHECK(notes.left.at(0).position == 1);
    CHECK(notes.left.at(0).type == "classifier");
    CHECK(notes.left.at(0).macs == 1000 + 40);
    CHECK(notes.late == 1);
}

TEST_CASE("scores that are not finite never fire, and are counted") {
    const ExitNet net = make_exit_net(2);
    Runner runner(net, 2);
    Pictures pictures = noise(2);
    for (float& x : pictures[0]) x *= 1e38f;  // overflows on the way
    Configuration everyone;
    everyone.exits = {{0, "exit0", -1}};
    const auto answers = runner.run(everyone, pictures);
    CHECK(answers[0].position == 2);
    CHECK(answers[1].position == 0);
    CHECK(runner.loop.non_finite_scores() == 2);  // at the exit and at the classifier
}

TEST_CASE("configurations that do not fit the model are refused") {
    Runner runner(make_exit_net(2), 1);
    const auto check = [&](std::vector<EnabledExit> exits, const char* piece) {
        Configuration configuration;
        configuration.exits = std::move(exits);
        CHECK_THROWS_WITH_AS(make_exit_plan(configuration, runner.positions), doctest::Contains(piece),
                             Error);
    };
    check({{2, "final", 0}}, "exit site 2, the model has 2");
    check({{-1, "exit0", 0}}, "exit site -1");
    check({{0, "exit1", 0}}, "exit site 0 has no head of type \"exit1\"");
    check({{1, "exit1", 0}, {0, "exit0", 0}}, "do not rise");
    check({{0, "exit0", NAN}}, "not finite");
    Configuration score;
    score.score = "max_sofmax";
    CHECK_THROWS_WITH_AS(make_exit_plan(score, runner.positions), doctest::Contains("max_softmax"), Error);
}
