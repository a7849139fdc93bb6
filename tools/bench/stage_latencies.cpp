#include "tools/bench/stage_latencies.h"

#include "runtime/core/index.h"
#include "runtime/exec/local_stage_runner.h"
#include "runtime/flow/decision.h"
#include "tools/bench/samples.h"

#include <algorithm>
#include <chrono>
#include <random>

namespace dyce {
namespace {

using nlohmann::ordered_json;
using Clock = std::chrono::steady_clock;

constexpr int kLeastRuns = 5;

double median(std::vector<double> times) {
    std::nth_element(times.begin(), times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2),
                     times.end());
    return times[times.size() / 2];
}

// What is timed at one position of a member: the way there with the gate that waits at its end, then its heads.
struct Place {
    const ExitSite* position;
    int number;
    std::vector<double> stage = {};
    std::vector<std::vector<double>> heads = {};
    double stage_ms = 0, head_ms = 0;  ///< of the pass under way
};

class MemberTimes {
public:
    /// `positions` are those of the whole model, of which this is member `m`.
    MemberTimes(const Member& member, std::size_t m, const std::vector<ExitSite>& positions,
                const BenchSetting& setting)
        : runner_(CompiledModel::compile(member.graph, member.exits, setting.compile_options())) {
        for (const StagePoint& point : runner_.points()) {
            const int number = position_of(positions, m, point);
            const ExitSite& position = positions[index(number)];
            places_.push_back(
                {&position, number, {}, std::vector<std::vector<double>>(position.heads.size())});
        }
        std::mt19937 random(1);
        std::normal_distribution<float> normal;
        batch_ = setting.batch;
        images_.resize(runner_.begin(std::min(batch_, runner_.rows_at_once())).size());
        for (float& x : images_) x = normal(random);
    }

    /// Passes through the network: one without heads, then with the first of each place, the second, and so
    /// on. So the way is timed undisturbed, and every head finds its input and the caches as in use.
    void run(bool is_warm_up) {
        std::size_t most_heads = 0;
        for (const Place& place : places_) most_heads = std::max(most_heads, place.heads.size());
        for (std::size_t pass = 0; pass <= most_heads; ++pass) run_pass(pass, is_warm_up);
    }

    void report(ordered_json& rows) const {
        for (const Place& place : places_) {
            ordered_json heads = ordered_json::array();
            for (std::size_t h = 0; h < place.heads.size(); ++h)
                heads.push_back({{"type", place.position->heads[h].type}, {"ms", median(place.heads[h])}});
            rows.push_back({{"site", place.number}, {"segment_ms", median(place.stage)}, {"heads", heads}});
        }
    }

private:
    // The whole batch, part by part as it goes through the network.
    void run_pass(std::size_t pass, bool is_warm_up) {
        for (Place& place : places_) place.stage_ms = place.head_ms = 0;
        for (int rows = batch_; rows > 0; rows -= runner_.rows_at_once()) run_part(pass, rows);
        if (is_warm_up) return;
        for (Place& place : places_) {
            if (pass == 0) place.stage.push_back(place.stage_ms);
            if (pass > 0 && pass <= place.heads.size()) place.heads[pass - 1].push_back(place.head_ms);
        }
    }

    void run_part(std::size_t pass, int rows) {
        const auto input = runner_.begin(std::min(rows, runner_.rows_at_once()));
        std::copy_n(images_.begin(), input.size(), input.begin());
        for (Place& place : places_) {
            place.stage_ms += time_ms([&] {
                runner_.advance();
                const ExitSite::Gate* gate = deciding_gate(*place.position);
                if (gate != nullptr && is_asked(*gate)) runner_.run_head(gate->head);
            });
            if (pass == 0 || pass > place.heads.size()) continue;
            const int head = place.position->heads[pass - 1].index;
            if (head >= 0) place.head_ms += time_ms([&] { runner_.run_head(head); });
        }
    }

    LocalStageRunner runner_;
    std::vector<Place> places_;
    std::vector<float> images_;
    int batch_ = 1;
};

}  // namespace

ordered_json bench_stages(const ModelData& model, const BenchSetting& setting) {
    const auto positions = model.positions();
    std::vector<MemberTimes> members;
    for (std::size_t m = 0; m < model.members.size(); ++m)
        members.emplace_back(model.members[m], m, positions, setting);
    for (MemberTimes& member : members) member.run(true);
    const auto start = Clock::now();
    for (int run = 0;
         run < kLeastRuns || std::chrono::duration<double>(Clock::now() - start).count() < setting.seconds;
         ++run)
        for (MemberTimes& member : members) member.run(false);
    ordered_json rows = ordered_json::array();
    for (const MemberTimes& member : members) member.report(rows);
    return rows;
}

}  // namespace dyce
