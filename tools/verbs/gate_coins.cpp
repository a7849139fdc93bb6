#include "tools/verbs/gate_coins.h"

#include "runtime/core/ordered_work.h"
#include "runtime/core/worker_count.h"
#include "runtime/exec/local_stage_runner.h"
#include "runtime/flow/exit_loop.h"
#include "runtime/session/economy.h"
#include "search/train/random.h"

#include <dyce/error.h>

#include <algorithm>
#include <array>

namespace dyce {
namespace {

// Where the coins of the run under way come from.
struct Coins {
    const OpenRates* rates = nullptr;
    Random random{0, 0};
};

// A runner of one image at a time whose gates make the logits that a coin says.
class CoinRunner final : public StageRunner {
public:
    /// `site_of_gate`: by head, -1 for those that are no gates.
    CoinRunner(std::unique_ptr<StageRunner> runner, std::vector<int> site_of_gate, Coins& coins)
        : runner_(std::move(runner)), site_of_gate_(std::move(site_of_gate)), coins_(coins) {}

    std::span<const StagePoint> points() const override { return runner_->points(); }
    int rows_at_once() const override { return runner_->rows_at_once(); }
    std::size_t buckets() const override { return runner_->buckets(); }
    std::size_t bucket_of(int rows) const override { return runner_->bucket_of(rows); }
    std::size_t bucket() const override { return runner_->bucket(); }
    std::span<float> begin(int rows) override { return runner_->begin(rows); }
    void advance() override { runner_->advance(); }
    void exchange(std::span<const RowSwap> swaps) override { runner_->exchange(swaps); }
    void advance_first(int rows, std::size_t bucket) override { runner_->advance_first(rows, bucket); }
    std::span<const float> run_head(int head) override {
        const int site = head < 0 ? -1 : site_of_gate_[index(head)];
        if (site < 0) return runner_->run_head(head);
        const bool opens = coins_.random.uniform() < (*coins_.rates)[index(site)];
        logits_ = {opens ? 0.F : 1.F, opens ? 1.F : 0.F};
        return logits_;
    }
    bool keep(std::span<const int> kept, std::size_t bucket) override { return runner_->keep(kept, bucket); }
    void export_rows(std::span<const int> places, std::span<const ValueRows> values) override {
        runner_->export_rows(places, values);
    }
    void import_rows(std::size_t point, int rows, std::span<const ValueRows> values) override {
        runner_->import_rows(point, rows, values);
    }

private:
    std::unique_ptr<StageRunner> runner_;
    std::vector<int> site_of_gate_;
    Coins& coins_;
    std::array<float, 2> logits_{};
};

// One image and its answer.
class OneImage final : public ExitBatch {
public:
    OneImage(const ModelData& model, const Image& image) : model_(model), image_(image) {}

    void fill(int member, int, std::span<float> input) override {
        apply(model_.members[index(member)].preprocess, image_, input.data());
    }
    void exit(int, const ExitAnswer& answer) override {
        best = static_cast<int>(std::ranges::max_element(answer.logits) - answer.logits.begin());
        macs = answer.macs;
    }

    int best = -1;
    std::int64_t macs = 0;

private:
    const ModelData& model_;
    const Image& image_;
};

// By member and head, the site whose gate it is.
std::vector<std::vector<int>> sites_of_gates(const ModelData& model, const std::vector<ExitSite>& sites) {
    std::vector<std::vector<int>> result;
    for (const Member& member : model.members) result.emplace_back(member.exits.heads.size(), -1);
    for (std::size_t site = 0; site < sites.size(); ++site)
        if (const auto& gate = sites[site].gate)
            result[index(sites[site].member)][index(gate->head)] = static_cast<int>(site);
    return result;
}

// Gates that are asked decide by their logits as these are.
std::vector<ExitSite> without_tau(std::vector<ExitSite> sites) {
    for (ExitSite& site : sites)
        if (site.gate && site.gate->threshold > 0 && site.gate->threshold < 1)
            site.gate->threshold = kGateThreshold;
    return sites;
}

// Serves one thread.
class CoinWorker {
public:
    CoinWorker(const CompiledForMemory& compiled, const std::vector<ExitSite>& sites)
        : model_(*compiled.model), loop_(runners(compiled, sites), sites, 1) {}

    OneImage run(const ExitPlan& plan, const Image& image, const OpenRates& rates, Random random) {
        coins_ = {&rates, random};
        OneImage answer(model_, image);
        loop_.run(plan, 1, answer);
        return answer;
    }

private:
    StageRunners runners(const CompiledForMemory& compiled, const std::vector<ExitSite>& sites) {
        StageRunners made = local_stage_runners(compiled.members);
        const auto gates = sites_of_gates(model_, sites);
        for (std::size_t m = 0; m < made.size(); ++m)
            made[m] = std::make_unique<CoinRunner>(std::move(made[m]), gates[m], coins_);
        return made;
    }

    const ModelData& model_;
    Coins coins_;
    ExitLoop loop_;
};

// By choice, of one image; nothing when it cannot be read.
struct CoinAnswers {
    std::vector<bool> right;
    std::vector<std::int64_t> macs;
};

}  // namespace

std::vector<CoinFigures> flip_gates(const std::shared_ptr<const ModelData>& model,
                                    const Configuration& configuration, const EngineOptions& options,
                                    const Dataset& images, const std::vector<OpenRates>& choices,
                                    std::uint64_t seed) {
    EngineOptions single = options;
    single.threads = 1;
    single.max_batch = 1;
    const CompiledForMemory compiled = compile_for_memory(model, single, 1);
    const std::vector<ExitSite> sites = without_tau(compiled.model->positions());
    const ExitPlan plan = make_exit_plan(configuration, sites);
    const auto count = static_cast<std::size_t>(images.size());
    const int workers = worker_count(options.threads, count, 0);
    std::vector<std::unique_ptr<CoinWorker>> made;
    for (int i = 0; i < workers; ++i) made.push_back(std::make_unique<CoinWorker>(compiled, sites));

    std::vector<CoinFigures> figures(choices.size());
    std::size_t read = 0;
    const auto answer = [&](std::size_t i, std::size_t worker) {
        CoinAnswers answers;
        try {
            const Image image = images.image(static_cast<std::int64_t>(i));
            for (std::size_t c = 0; c < choices.size(); ++c) {
                const OneImage one = made[worker]->run(plan, image, choices[c], Random(seed, c, i));
                answers.right.push_back(one.best == images.label(static_cast<std::int64_t>(i)));
                answers.macs.push_back(one.macs);
            }
        } catch (const Error&) {
            return CoinAnswers();  // whoever measured the rates has told so
        }
        return answers;
    };
    run_in_order(count, workers, answer, [&](std::size_t, const CoinAnswers& answers) {
        read += answers.right.empty() ? 0 : 1;
        for (std::size_t c = 0; c < answers.right.size(); ++c) {
            figures[c].accuracy += answers.right[c] ? 1 : 0;
            figures[c].macs += static_cast<double>(answers.macs[c]);
        }
    });
    for (CoinFigures& figure : figures) {
        figure.accuracy /= static_cast<double>(std::max<std::size_t>(read, 1));
        figure.macs /= static_cast<double>(std::max<std::size_t>(read, 1));
    }
    return figures;
}

}  // namespace dyce
