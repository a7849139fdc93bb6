// dyce eval: accuracy, cost and speed on labelled images.
#include "loaders/dataset/dataset.h"
#include "runtime/core/atomic_file.h"
#include "runtime/core/ordered_work.h"
#include "runtime/core/worker_count.h"
#include "runtime/session/model_access.h"
#include "tools/cli/budget_options.h"
#include "tools/cli/image_rows.h"
#include "tools/cli/inputs.h"
#include "tools/cli/memory_limit.h"
#include "tools/cli/model_argument.h"
#include "tools/cli/output_paths.h"
#include "tools/cli/progress.h"
#include "tools/progress/kept_options.h"
#include "tools/verbs/eval_kept.h"
#include "tools/verbs/eval_records.h"
#include "tools/verbs/eval_totals.h"
#include "tools/verbs/verbs.h"

#include <dyce/error.h>
#include <dyce/session.h>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <memory>
#include <numeric>
#include <optional>

namespace dyce {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

// Some images of the data set and their answers. What cannot be read is only in `failures`.
struct EvaluatedBatch {
    std::vector<std::int64_t> images;
    std::vector<Prediction> predictions;
    std::vector<std::string> failures;
};

class Evaluation {
public:
    Evaluation(Session session, const ClassifyOptions& options, const Dataset& dataset, std::size_t positions,
               std::unique_ptr<AtomicFile> per_image)
        : session_(std::move(session)),
          options_(options),
          dataset_(dataset),
          per_image_(std::move(per_image)),
          totals_(positions) {
        if (per_image_) per_image_->write(kImageRowHeader);
    }

    /// All images, `batch` at a time on each of at most `threads` threads.
    EvalTotals run(std::int64_t batch, int threads, bool quiet) {
        Progress progress("images", static_cast<std::size_t>(dataset_.size()), quiet);
        const auto batches = static_cast<std::size_t>((dataset_.size() + batch - 1) / batch);
        const int workers = worker_count(threads, batches, session_.arena_bytes());
        seconds_.assign(static_cast<std::size_t>(workers), 0);
        run_in_order(
            batches, workers,
            [&](std::size_t b, std::size_t worker) {
                return answer_batch(static_cast<std::int64_t>(b) * batch, batch, seconds_[worker]);
            },
            [&](std::size_t b, const EvaluatedBatch& answered) {
                count_batch(answered);
                progress.update(std::min((b + 1) * static_cast<std::size_t>(batch),
                                         static_cast<std::size_t>(dataset_.size())));
            });
        if (per_image_) per_image_->commit();
        totals_.non_finite_scores = session_.non_finite_scores();
        return totals_;
    }

    /// Also counts what gates do.
    void watch_gates(GateTotals& gates) { gates_ = &gates; }

    /// Spent in the network, by the mean of the workers that had work.
    double seconds() const {
        const auto busy = seconds_.size() - static_cast<std::size_t>(std::ranges::count(seconds_, 0.0));
        return std::accumulate(seconds_.begin(), seconds_.end(), 0.0) /
               static_cast<double>(std::max<std::size_t>(busy, 1));
    }

    Configuration configuration() const { return session_.configuration(); }

private:
    EvaluatedBatch answer_batch(std::int64_t first, std::int64_t count, double& seconds) {
        EvaluatedBatch batch;
        std::vector<Image> images;
        for (std::int64_t i = first; i < std::min(first + count, dataset_.size()); ++i) {
            try {
                images.push_back(dataset_.image(i));
                batch.images.push_back(i);
            } catch (const Error& error) {
                batch.failures.push_back(error.what());
            }
        }
        const auto start = Clock::now();
        batch.predictions = session_.classify(images, options_);
        seconds += seconds_since(start);
        return batch;
    }

    void count_batch(const EvaluatedBatch& batch) {
        for (const std::string& failure : batch.failures) totals_.fail(failure);
        for (std::size_t i = 0; i < batch.images.size(); ++i) {
            const std::string name = dataset_.name(batch.images[i]);
            const int label = dataset_.label(batch.images[i]);
            totals_.count(name, label, batch.predictions[i]);
            if (gates_ != nullptr && batch.predictions[i].error.empty()) gates_->count(batch.predictions[i]);
            if (per_image_ && batch.predictions[i].error.empty())
                per_image_->write(image_row_of(name, label, batch.predictions[i]));
        }
    }

    Session session_;
    ClassifyOptions options_;
    const Dataset& dataset_;
    std::unique_ptr<AtomicFile> per_image_;
    EvalTotals totals_;
    GateTotals* gates_ = nullptr;
    std::vector<double> seconds_;  // by worker
};

void check_gate_options(const Arguments& arguments) {
    if (arguments.has("gates-random") && !arguments.has("gates-report"))
        throw Error(ErrorCode::kUsage, "--gates-random", "needs --gates-report");
    for (const char* other : {"records", "progress"})
        if (arguments.has("gates-report") && arguments.has(other))
            throw Error(ErrorCode::kUsage, "--gates-report",
                        std::string("excludes --") + other + ": it watches a whole run");
}

// The gates' own rates must be known first.
BlindGates measure_blind_gates(const Arguments& arguments, const Model& model,
                               const Configuration& configuration, const Dataset& dataset,
                               const GateTotals& gates) {
    const auto draws = static_cast<std::size_t>(arguments.integer("gates-random", 5, 1, 1000));
    std::vector<OpenRates> choices(1 + draws, gates.open_rates());
    choices[0] = gates.majority();
    const SessionOptions options =
        session_options(arguments, {.threads = static_cast<int>(arguments.integer("threads", 0, 1, 1024))});
    const auto figures = flip_gates(ModelAccess::data(model), configuration, options, dataset, choices, 1);
    return {figures[0], {figures.begin() + 1, figures.end()}};
}

int eval(const Arguments& arguments) {
    check_outputs(arguments, {{"per-image"}}, {"data", "config", "records"});
    check_kept_options(arguments);
    exclude_budget(arguments, {"records", "gates-random"});
    check_gate_options(arguments);
    if (arguments.has("records")) return eval_records(arguments);
    const auto start = Clock::now();
    const Model model = only_model(arguments, "eval");
    expect_one_class(*ModelAccess::data(model), "eval");
    const std::string data = data_of(arguments);
    const auto dataset = open_data(data, *ModelAccess::data(model));
    if (arguments.has("progress")) return eval_kept(arguments, model, *dataset);
    const int batch = static_cast<int>(arguments.integer("batch", 32, 1, 4096));
    const int threads = static_cast<int>(arguments.integer("threads", 0, 1, 1024));
    std::unique_ptr<AtomicFile> per_image;
    if (const auto file = arguments.text("per-image")) per_image = std::make_unique<AtomicFile>(*file);

    ClassifyOptions options;
    set_budget(arguments, options);
    Session session = open_session(arguments, model, {.threads = 1, .max_batch = batch});
    session.classify(std::vector<Image>(), options);  // whether the budget will do
    Evaluation evaluation(std::move(session), options, *dataset, static_cast<std::size_t>(model.sites()) + 1,
                          std::move(per_image));
    const Configuration configuration = evaluation.configuration();
    std::optional<EvalGates> gates;
    if (arguments.has("gates-report")) {
        gates.emplace(EvalGates{GateTotals(*ModelAccess::data(model), configuration)});
        evaluation.watch_gates(gates->totals);
    }
    const EvalTotals totals = evaluation.run(batch, threads, arguments.has("quiet"));
    const EvalTimes times{evaluation.seconds(), seconds_since(start)};
    if (arguments.has("gates-random"))
        gates->blind = measure_blind_gates(arguments, model, configuration, *dataset, gates->totals);
    report_eval(arguments, model, configuration, totals, times, gates);
    return totals.failed == 0 ? 0 : 1;
}

}  // namespace

const Verb kEval{
    "eval",
    "eval [MODEL] --data X | eval --records REC.npz",
    "measures accuracy, cost and speed on labelled images",
    {kDataOption,
     {"config", "SET[:NAME]",
      "which exits are on: a file of configurations or, with :NAME, the model's own set"},
     kBudgetMacsOption,
     kBudgetMsOption,
     kTimesOption,
     kBatchOption,
     kPrecisionOption,
     kTuneOption,
     kMaxMemoryOption,
     kWorkersOption,
     {"records", "REC.npz", "simulates the configuration on a record instead"},
     {"per-image", "FILE", "one line an image, as CSV"},
     {"gates-report", "", "also how often each gate opened, and which ways images took"},
     {"gates-random", "N",
      "also what gates come to that do not look: those that always do what they mostly did, and the mean of "
      "N draws of gates that open by chance, as often as they did"},
     kProgressOption,
     kOutputOption,
     kDurabilityOption,
     kProgressEveryOption},
    eval,
    "\nSeconds of computing are those that a thread spends in the network, the mean of all threads.\n"};

}  // namespace dyce
