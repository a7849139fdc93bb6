#include "tools/bench/energy_trace.h"

#include "loaders/format/json.h"
#include "runtime/core/index.h"
#include "runtime/flow/budget.h"
#include "runtime/session/image_batch.h"
#include "runtime/session/supply_costs.h"
#include "search/simulate/bench_document.h"
#include "search/simulate/cost_table.h"
#include "tools/cli/arguments.h"

#include <dyce/error.h>

#include <algorithm>
#include <utility>

namespace dyce {
namespace {

using nlohmann::ordered_json;

constexpr const char* kTraceOption = "--energy-trace";
constexpr double kMostJoules = 1e12, kMillisecond = 1e-3;

// Of a stage, or of a head; 0 without.
double milliseconds_of(const JsonField& row, bool is_head) {
    const char* ms = is_head ? "ms" : "segment_ms";
    return row.json().contains(ms) ? measured_cost(JsonFields(row)[ms]) : 0;
}

double joules_of(const JsonField& row, bool is_head, std::optional<double> watts) {
    const std::string ms = is_head ? "ms" : "segment_ms", j = is_head ? "j" : "segment_j";
    if (row.json().contains(j)) return measured_cost(JsonFields(row)[j]);
    if (!row.json().contains(ms)) row.fail("\"" + ms + "\" or \"" + j + "\"");
    if (!watts)
        throw Error(
            ErrorCode::kUsage, kTraceOption,
            "the costs are milliseconds: give the watts that the machine draws while it computes, as watts=");
    return kMillisecond * milliseconds_of(row, is_head) * *watts;
}

// Energy and time of what has run are taken from the capacitor.
class SimulatedSupply final : public Supply {
public:
    SimulatedSupply(Capacitor& capacitor, SupplyCosts joules, SupplyCosts ms)
        : Supply(std::move(joules)), capacitor_(capacitor), ms_(std::move(ms)) {}

    double left() override { return capacitor_.joules(); }
    void ran(std::size_t position, int head, std::size_t rows) override {
        const auto of = [&](const SupplyCosts& all) {
            return head < 0 ? all.stages[position] : all.heads[position][index(head)];
        };
        const auto count = static_cast<double>(rows);
        capacitor_.spend(count * of(costs()), count * (kMillisecond * of(ms_)));
    }
    Cut cut() const override { return Cut::kEnergy; }

private:
    Capacitor& capacitor_;
    SupplyCosts ms_;
};

// One image on its way.
class SuppliedImage final : public ExitBatch {
public:
    SuppliedImage(const Engine& engine, const Sample& sample, Supply& supply, Prediction& prediction)
        : batch_(engine, {&sample, 1}, {.topk = 1}, Clock::time_point::max(), {&prediction, 1}),
          supply_(supply) {}

    void fill(int member, int row, std::span<float> image) override { batch_.fill(member, row, image); }
    void exit(int row, const ExitAnswer& answer) override { batch_.exit(row, answer); }
    Supply* supply() override { return &supply_; }
    void refuse(int) override {
        throw Error(ErrorCode::kInternal, kTraceOption, "an image was begun without the energy for it");
    }

private:
    ImageBatch batch_;
    Supply& supply_;
};

// Up to the first place where an image can be answered, all gates open.
double first_answer_joules(const SupplyCosts& costs, const ExitPlan& plan,
                           const std::vector<ExitSite>& positions) {
    const std::size_t first = answer_position(plan, positions, 0);
    double way = 0;
    for (std::size_t p = 0; p <= first; ++p)
        if (plan.member_runs[index(positions[p].member)]) way += costs.stages[p];
    return way + head_cost(costs, plan, positions, first);
}

// What became of them.
struct Replayed {
    std::vector<std::size_t> exits;  ///< by position
    std::size_t answered = 0, correct = 0, cut = 0, failed = 0;

    void count(const Prediction& answer, const int* label) {
        failed += answer.error.empty() ? 0 : 1;
        if (!answer.error.empty()) return;
        ++answered;
        ++exits[index(answer.exit_site)];
        cut += answer.cut == Cut::kEnergy ? 1 : 0;
        correct += label != nullptr && answer.index[0] == *label ? 1 : 0;
    }
    double mean_exit() const {
        double sum = 0;
        for (std::size_t p = 0; p < exits.size(); ++p) sum += static_cast<double>(p * exits[p]);
        return sum / static_cast<double>(answered);
    }
};

}  // namespace

EnergyTrace parse_energy_trace(const std::string& text) {
    const auto fail = [](const std::string& message) {
        throw Error(ErrorCode::kUsage, kTraceOption, message);
    };
    const std::size_t colon = text.rfind(':');
    if (colon == text.npos || colon == 0) fail("expected CSV:capacity=J,cost=FILE[,watts=W][,charge=J]");
    EnergyTrace trace;
    trace.trace = text.substr(0, colon);
    bool has_capacity = false;
    for (const std::string& part : split(text.substr(colon + 1), ',')) {
        const std::size_t equals = std::min(part.find('='), part.size());
        const std::string key = part.substr(0, equals),
                          value = part.substr(std::min(equals + 1, part.size()));
        const auto number = [&] { return parse_real(value, kTraceOption + (" " + key), 0, kMostJoules); };
        if (key == "capacity") {
            trace.capacity = number();
            has_capacity = true;
        } else if (key == "charge") {
            trace.charge = number();
        } else if (key == "watts") {
            trace.watts = number();
        } else if (key == "cost") {
            trace.cost = value;
        } else {
            fail("\"" + part + "\" given, expected capacity=J, cost=FILE, watts=W or charge=J");
        }
    }
    if (!has_capacity) fail("capacity=J is missing: what the store holds at most");
    if (trace.cost.empty()) fail("cost=FILE is missing: make it with dyce bench --segments --json");
    if (trace.charge > trace.capacity) fail("charge= is more than capacity=");
    return trace;
}

TraceCosts read_trace_costs(const std::string& path, std::optional<double> watts) {
    const Json document = read_json(path, kMaxCostFile);
    const JsonField stages = single_image_stages(document, path);
    return {read_stage_costs(
                stages, [&](const JsonField& row, bool is_head) { return joules_of(row, is_head, watts); }),
            read_stage_costs(stages, milliseconds_of)};
}

ordered_json replay_energy(const Model& model, const SessionOptions& options,
                           const Configuration& configuration, const std::vector<Image>& images,
                           const std::vector<int>& labels, const EnergyTrace& setting) {
    Engine engine(model, options);
    const auto plan = engine.make_plan(configuration);
    const auto positions = engine.model().positions();
    const TraceCosts costs = read_trace_costs(setting.cost, setting.watts);
    Capacitor capacitor(read_harvest(setting.trace), setting.capacity, setting.charge);
    SimulatedSupply supply(capacitor, supply_costs(costs.joules, positions, setting.cost),
                           supply_costs(costs.ms, positions, setting.cost));
    const double needed = first_answer_joules(supply.costs(), *plan, positions);
    if (needed > setting.capacity)
        throw Error(ErrorCode::kUsage, kTraceOption,
                    "the first answer takes " + std::to_string(needed) + " J, more than capacity=");
    Replayed replayed{.exits = std::vector<std::size_t>(positions.size())};
    std::size_t begun = 0;
    for (; begun < images.size() && capacitor.wait_for(needed); ++begun) {
        Prediction answer;
        const Sample sample(images[begun]);
        SuppliedImage image(engine, sample, supply, answer);
        engine.run(*plan, 1, image);
        replayed.count(answer, labels.empty() ? nullptr : &labels[begun]);
    }
    const auto answered = static_cast<double>(replayed.answered);
    ordered_json energy = {{"configuration", plan->configuration.name},
                           {"capacity_j", setting.capacity},
                           {"seconds", capacitor.seconds()},
                           {"harvested_j", capacitor.harvested()},
                           {"spent_j", capacitor.spent()},
                           {"left_j", capacitor.joules()},
                           {"images", images.size()},
                           {"answered", replayed.answered},
                           {"failed", replayed.failed},
                           {"waiting", images.size() - begun},
                           {"cut", replayed.cut},
                           {"mean_exit", nullptr},
                           {"accuracy", nullptr},
                           {"exits", replayed.exits}};
    if (replayed.answered > 0) {
        energy["mean_exit"] = replayed.mean_exit();
        if (!labels.empty()) energy["accuracy"] = static_cast<double>(replayed.correct) / answered;
    }
    return {{"energy", std::move(energy)}};
}

}  // namespace dyce
