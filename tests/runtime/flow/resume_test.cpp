// Covers run_state, stage_runner.
// A run that ends at any point and is gone on with by another loop gives the answers of an undisturbed one.
#include "runtime/core/onednn/compat.h"
#include "tests/graph/exits/gated_net.h"
#include "tests/runtime/flow/exit_runner.h"
#include "tests/runtime/flow/interpreted_stages.h"

#include <doctest/doctest.h>

using namespace dyce;
using test::attach_gates;
using test::ExitNet;
using test::Left;
using test::make_exit_net;
using test::noise;
using test::Notes;

namespace {

// A state with memory of its own.
struct Kept {
    RunState state;
    std::vector<int> present, arrived, waiting;
    std::vector<RowState> rows;
    std::vector<std::uint64_t> skipped;
    std::vector<float> held;  ///< aligned as values are
    std::map<int, Left> left;

    RunState borrowed() const {
        RunState result = state;
        result.places = {};
        result.present = present;
        result.arrived = arrived;
        result.waiting = waiting;
        result.rows = rows;
        result.skipped = skipped;
        result.held = std::as_bytes(std::span(held));
        return result;
    }
};

// Hands images to the loop and keeps what it tells at every point.
class Keeper final : public ExitBatch {
public:
    explicit Keeper(std::span<const std::vector<float>> images) : notes(images) {}
    void fill(int member, int row, std::span<float> image) override { notes.fill(member, row, image); }
    void exit(int row, const ExitAnswer& answer) override { notes.exit(row, answer); }
    bool watches() const override { return true; }
    void reached(const RunState& state, StageRunner& runner) override {
        const auto point = static_cast<std::size_t>(state.stage);
        Kept one;
        one.state = state;
        one.left = notes.left;
        one.present.assign(state.present.begin(), state.present.end());
        one.arrived.assign(state.arrived.begin(), state.arrived.end());
        one.waiting.assign(state.waiting.begin(), state.waiting.end());
        one.rows.assign(state.rows.begin(), state.rows.end());
        one.skipped.assign(state.skipped.begin(), state.skipped.end());
        const std::size_t bytes = state.present.size() * runner.held_bytes(point);
        one.held.resize(bytes / sizeof(float));
        REQUIRE(one.held.size() * sizeof(float) == bytes);
        runner.export_held(point, state.places, std::as_writable_bytes(std::span(one.held)));
        kept.push_back(std::move(one));
    }

    Notes notes;
    std::vector<Kept> kept;
};

struct Setting {
    int rows, at_once;
    Precision precision = Precision::kFloat32;
    bool interpreted = false;
    bool is_gated = false;
};

struct Nets {
    std::vector<ExitNet> nets;
    std::vector<ExitSite> positions;
    Nets(const std::vector<int>& blocks, Precision precision, bool is_gated = false) {
        std::vector<ExitNetwork> members;
        for (const int count : blocks) {
            ExitNet net = make_exit_net(count, static_cast<unsigned>(count));
            nets.push_back(precision == Precision::kInt8 ? test::quantized(std::move(net)) : std::move(net));
        }
        if (is_gated) attach_gates(nets.back());
        for (const ExitNet& net : nets) members.push_back({&net.graph, &net.exits, count_macs(net.graph)});
        positions = list_sites(members);
    }
    ExitLoop loop(const Setting& setting) const {
        StageRunners runners;
        for (const ExitNet& net : nets) {
            if (setting.interpreted)
                runners.push_back(
                    std::make_unique<test::InterpretedStages>(net.graph, net.exits, setting.at_once));
            else
                runners.push_back(std::make_unique<LocalStageRunner>(CompiledModel::compile(
                    net.graph, net.exits,
                    {.max_batch = setting.at_once, .threads = 2, .precision = setting.precision})));
        }
        return {std::move(runners), positions, setting.rows};
    }
};

bool is_available(Precision precision) {
    return precision == Precision::kBfloat16 ? onednn::has_bfloat16()
           : precision == Precision::kInt8   ? onednn::has_int8_products()
                                             : true;
}

Configuration some_exits(bool is_cascade) {
    Configuration configuration;
    configuration.score = "patience";
    configuration.exits = {{0, "exit0", 1.5}, {1, "quad1", 1.5}};
    if (is_cascade) configuration.exits = {{0, "exit0", 1.5}, {3, "exit0", 1.5}, {4, "quad1", 2.5}};
    return configuration;
}

}  // namespace

TEST_CASE("a run goes on from any point, in another loop, to the same answers") {
    const auto images = noise(7);
    int states = 0, with_answers = 0, with_others = 0;
    for (const std::vector<int>& blocks : {std::vector<int>{4}, {2, 3}})
        for (const Setting& setting : {Setting{1, 1},
                                       {7, 7},
                                       {7, 3},
                                       {5, 2, Precision::kBfloat16},
                                       {1, 1, Precision::kInt8},
                                       {5, 2, Precision::kInt8},
                                       {4, 2, Precision::kFloat32, true},
                                       {7, 3, Precision::kFloat32, false, true}}) {
            if (!is_available(setting.precision)) continue;
            const Nets nets(blocks, setting.precision, setting.is_gated);
            const ExitPlan plan = make_exit_plan(some_exits(blocks.size() > 1), nets.positions);
            const std::vector<const ExitPlan*> plans(static_cast<std::size_t>(setting.rows), &plan);
            ExitLoop first = nets.loop(setting);
            Keeper keeper(images);
            first.run(plan, setting.rows, keeper);
            REQUIRE(keeper.notes.left.size() == static_cast<std::size_t>(setting.rows));
            for (const Kept& kept : keeper.kept) {
                ExitLoop second = nets.loop(setting);
                Notes notes(images);
                second.resume(plans, kept.borrowed(), notes);
                auto all = kept.left;
                for (const auto& [row, left] : notes.left) CHECK(all.emplace(row, left).second);
                CHECK(all == keeper.notes.left);
                ++states;
                with_answers += kept.left.empty() ? 0 : 1;
                with_others += kept.arrived.empty() && kept.waiting.empty() ? 0 : 1;
            }
        }
    CHECK(states > 40);
    CHECK(with_answers > 0);
    CHECK(with_others > 0);
}

TEST_CASE("rows are held as they lie: in the bytes of their precision") {
    const struct {
        Precision precision;
        std::size_t bytes;
    } rows[] = {{Precision::kFloat32, 4}, {Precision::kBfloat16, 2}, {Precision::kInt8, 1}};
    for (const auto& row : rows) {
        if (!is_available(row.precision)) continue;
        const auto held = Nets({3}, row.precision).loop({1, 1, row.precision}).held_bytes();
        REQUIRE(held.size() == 1);
        REQUIRE(held[0].size() == 3);
        for (const std::size_t bytes : held[0]) CHECK(bytes == 8 * 8 * 8 * row.bytes);
    }
}
