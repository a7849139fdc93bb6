#include "tools/bench/configurations.h"

#include "runtime/session/engine.h"
#include "tools/bench/samples.h"

#include <dyce/error.h>

#include <algorithm>
#include <string>

namespace dyce {
namespace {

using nlohmann::ordered_json;

// Batches that one configuration runs before another's turn: few, so that what else the machine does falls
// on all alike; more than one, so that most find the caches as their own kind left them.
constexpr std::size_t kTurn = 16;

// What became of the images of one configuration.
struct Outcomes {
    std::size_t images = 0;
    double macs = 0;
    std::vector<std::size_t> left_at;  ///< by position
    std::size_t cut = 0;               ///< by a budget
    std::int64_t most_macs = 0;
};

// A stretch of the prepared images.
class PreparedBatch final : public ExitBatch {
public:
    PreparedBatch(const PreparedImages& images, std::size_t first, const Budget& budget, Outcomes& outcomes)
        : images_(images), first_(first), budget_(budget), outcomes_(outcomes) {}

    void fill(int member, int row, std::span<float> image) override {
        std::ranges::copy(images_.at(member, first_ + static_cast<std::size_t>(row)), image.begin());
    }
    void exit(int, const ExitAnswer& answer) override {
        ++outcomes_.images;
        outcomes_.macs += static_cast<double>(answer.macs);
        outcomes_.most_macs = std::max(outcomes_.most_macs, answer.macs);
        outcomes_.cut += answer.cut == Cut::kBudget ? 1 : 0;
        ++outcomes_.left_at[static_cast<std::size_t>(answer.position)];
    }

    Budget budget(int) const override { return budget_; }

private:
    const PreparedImages& images_;
    std::size_t first_;
    Budget budget_;
    Outcomes& outcomes_;
};

class Contestant {
public:
    Contestant(Engine& engine, const Configuration& configuration, const Budget& budget)
        : engine_(engine), plan_(engine.make_plan(configuration)), budget_(budget) {
        engine.check_budget(budget, *plan_);
        outcomes_.left_at.resize(engine.positions());
    }

    /// Milliseconds of `batches` batches from `first` on.
    double run(const PreparedImages& images, std::size_t first, std::size_t batches) {
        double spent = 0;
        for (std::size_t b = 0; b < batches; ++b) {
            PreparedBatch batch(images, first + b * engine_.max_batch(), budget_, outcomes_);
            times_.push_back(time_ms([&] { engine_.run(*plan_, engine_.max_batch(), batch); }));
            spent += times_.back();
        }
        return spent;
    }
    void forget() {
        times_.clear();
        outcomes_ = {.left_at = std::vector<std::size_t>(engine_.positions())};
    }

    /// Milliseconds of all images once: of each batch the median over the passes, so that what else the
    /// machine does now and then does not count.
    double pass_ms(std::size_t batches) const {
        double sum = 0;
        for (std::size_t b = 0; b < batches; ++b) {
            std::vector<double> passes;
            for (std::size_t i = b; i < times_.size(); i += batches) passes.push_back(times_[i]);
            sum += Samples(std::move(passes)).median_ms();
        }
        return sum;
    }
    double macs() const { return outcomes_.macs / static_cast<double>(outcomes_.images); }

    ordered_json row(const BenchSetting& setting) const {
        const Samples times(times_);
        const auto images = static_cast<double>(outcomes_.images);
        ordered_json row = setting.json();
        row.update(times.json());
        row["images_per_second"] = 1000 * images / times.total_ms();  // others' turns left out
        row["segments"] = nullptr;
        row["configuration"] = plan_->configuration.name;
        row["macs"] = macs();
        row["exit_share"] = ordered_json::array();
        for (const std::size_t count : outcomes_.left_at)
            row["exit_share"].push_back(static_cast<double>(count) / images);
        if (budget_.limits_macs()) row["budget_macs"] = budget_.macs;
        if (budget_.limits_ms()) row["budget_ms"] = budget_.ms;
        if (budget_.limits_any()) {
            row["max_macs"] = outcomes_.most_macs;
            row["cut"] = {{"budget", static_cast<double>(outcomes_.cut) / images}};
        }
        return row;
    }

private:
    Engine& engine_;
    std::shared_ptr<const ExitPlan> plan_;
    Budget budget_;
    Outcomes outcomes_;
    std::vector<double> times_;
};

}  // namespace

ordered_json bench_configurations(const Model& model, const PreparedImages& images,
                                  const std::vector<Configuration>& configurations,
                                  const BenchSetting& setting) {
    Engine engine(model, setting.session_options());
    const std::size_t batches = images.size() / engine.max_batch();
    if (batches == 0)
        throw Error(
            ErrorCode::kUsage, "--batch",
            std::to_string(setting.batch) + " given, there are " + std::to_string(images.size()) + " images");
    const Budget budget = engine.make_budget(setting.budget_macs, setting.budget_ms);
    std::vector<Contestant> contestants = {Contestant(engine, {}, {})};
    for (const Configuration& configuration : configurations)
        contestants.emplace_back(engine, configuration, budget);

    for (Contestant& contestant : contestants) {  // a warm-up
        contestant.run(images, 0, std::min(kTurn, batches));
        contestant.forget();
    }
    const double planned = 1000 * setting.seconds * static_cast<double>(contestants.size());
    double spent = 0;
    const UsageMeter meter;
    do {
        for (std::size_t b = 0; b < batches; b += kTurn)
            for (Contestant& contestant : contestants)
                spent += contestant.run(images, b * engine.max_batch(), std::min(kTurn, batches - b));
    } while (spent < planned);

    const Usage usage = meter.read();

    const Contestant& off = contestants.front();
    ordered_json rows = ordered_json::array();
    for (const Contestant& contestant : contestants) {
        ordered_json row = contestant.row(setting);
        row["usage"] = usage.json(setting.threads);  // of all turns
        row["images"] = batches * engine.max_batch();
        row["mac_saving"] = row["time_saving"] = nullptr;
        if (&contestant != &off) {
            row["mac_saving"] = 1 - contestant.macs() / off.macs();
            row["time_saving"] = 1 - contestant.pass_ms(batches) / off.pass_ms(batches);
        }
        rows.push_back(std::move(row));
    }
    return rows;
}

}  // namespace dyce
