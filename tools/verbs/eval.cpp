// dyce eval: accuracy, cost and speed on labelled images.
#include "loaders/dataset/dataset.h"
#include "runtime/core/atomic_file.h"
#include "runtime/core/ordered_work.h"
#include "runtime/core/worker_count.h"
#include "runtime/session/model_access.h"
#include "tools/cli/image_rows.h"
#include "tools/cli/inputs.h"
#include "tools/cli/model_argument.h"
#include "tools/cli/output_paths.h"
#include "tools/cli/progress.h"
#include "tools/verbs/eval_records.h"
#include "tools/verbs/verbs.h"

#include <dyce/error.h>
#include <dyce/session.h>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <numeric>

namespace dyce {
namespace {

using nlohmann::ordered_json;
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

struct Totals {
    std::size_t images = 0, correct = 0, correct5 = 0, failed = 0;
    double macs = 0;
    std::vector<std::size_t> left_at;  ///< by position
    std::uint64_t non_finite_scores = 0;
};

class Evaluation {
public:
    Evaluation(Session session, const Dataset& dataset, std::size_t positions,
               std::unique_ptr<AtomicFile> per_image)
        : session_(std::move(session)), dataset_(dataset), per_image_(std::move(per_image)) {
        totals_.left_at.resize(positions);
        if (per_image_) per_image_->write(kImageRowHeader);
    }

    /// All images, `batch` at a time on each of at most `threads` threads.
    Totals run(std::int64_t batch, int threads, bool quiet) {
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
        batch.predictions = session_.classify(images, 5);
        seconds += seconds_since(start);
        return batch;
    }

    void count_batch(const EvaluatedBatch& batch) {
        for (const std::string& failure : batch.failures) fail(failure);
        for (std::size_t i = 0; i < batch.images.size(); ++i)
            count(dataset_.name(batch.images[i]), dataset_.label(batch.images[i]), batch.predictions[i]);
    }

    void fail(const std::string& message) {
        ++totals_.failed;
        std::cerr << "dyce: " << message << "\n";
    }

    void count(const std::string& name, int label, const Prediction& p) {
        if (!p.error.empty()) return fail(name + ": " + p.error);
        ++totals_.images;
        totals_.correct += p.index[0] == label ? 1 : 0;
        totals_.correct5 += std::count(p.index.begin(), p.index.end(), label) > 0 ? 1 : 0;
        totals_.macs += static_cast<double>(p.macs);
        ++totals_.left_at[static_cast<std::size_t>(p.exit_site)];
        if (!per_image_) return;
        per_image_->write(
            image_row_text({name, label, p.index[0], p.exit_site, p.exit_type, p.score, p.macs}));
    }

    Session session_;
    const Dataset& dataset_;
    std::unique_ptr<AtomicFile> per_image_;
    Totals totals_;
    std::vector<double> seconds_;  // by worker
};

void report(const Arguments& arguments, const Model& model, const Configuration& configuration,
            const Totals& totals, double seconds, double total_seconds) {
    const auto n = static_cast<double>(totals.images);
    const double accuracy = static_cast<double>(totals.correct) / n;
    std::vector<double> share;
    for (const std::size_t count : totals.left_at) share.push_back(static_cast<double>(count) / n);
    const bool is_base = configuration.exits.empty();
    if (arguments.has("json")) {
        const ordered_json document = {
            {"schema", "dyce.eval/1"},
            {"images", totals.images},
            {"accuracy", accuracy},
            {"top5_accuracy", static_cast<double>(totals.correct5) / n},
            {"base_accuracy", is_base ? ordered_json(accuracy) : ordered_json(nullptr)},
            {"macs", totals.macs / n},
            {"base_macs", model.macs()},
            {"exit_share", share},
            {"expected_exit_share", configuration.exit_share.empty()
                                        ? ordered_json(nullptr)
                                        : ordered_json(configuration.exit_share)},
            {"seconds", seconds},
            {"total_seconds", total_seconds},
            {"images_per_second", n / seconds},
            {"configuration", configuration.name},
            {"non_finite_scores", totals.non_finite_scores},
            {"failed", totals.failed}};
        std::cout << document.dump(2) << "\n";
        return;
    }
    std::printf("top-1 %.2f %%  top-5 %.2f %%  (%zu of %zu images right)  configuration %s\n", 100 * accuracy,
                100 * static_cast<double>(totals.correct5) / n, totals.correct, totals.images,
                configuration.name.c_str());
    std::printf(
        "%.0f multiply-adds per image (%.1f %% of the backbone's), %.1f images per second "
        "(%.2f s computing, %.2f s in all)\n",
        totals.macs / n, 100 * totals.macs / n / static_cast<double>(model.macs()), n / seconds, seconds,
        total_seconds);
    for (std::size_t p = 0; !is_base && p < share.size(); ++p)
        if (totals.left_at[p] > 0)
            std::printf("  %s %3zu  %5.1f %%\n", p + 1 < share.size() ? "exit " : "final", p, 100 * share[p]);
    if (totals.non_finite_scores > 0)
        std::printf("%llu exit scores were not finite\n",
                    static_cast<unsigned long long>(totals.non_finite_scores));
}

int eval(const Arguments& arguments) {
    check_outputs(arguments, {{"per-image"}}, {"data", "config", "records"});
    if (arguments.has("records")) return eval_records(arguments);
    const auto start = Clock::now();
    const Model model = only_model(arguments, "eval");
    expect_one_class(*ModelAccess::data(model), "eval");
    const std::string data = data_of(arguments);
    const auto dataset = open_data(data, *ModelAccess::data(model));
    const int batch = static_cast<int>(arguments.integer("batch", 32, 1, 4096));
    const int threads = static_cast<int>(arguments.integer("threads", 0, 1, 1024));
    std::unique_ptr<AtomicFile> per_image;
    if (const auto file = arguments.text("per-image")) per_image = std::make_unique<AtomicFile>(*file);

    Evaluation evaluation(open_session(arguments, model, {.threads = 1, .max_batch = batch}), *dataset,
                          static_cast<std::size_t>(model.sites()) + 1, std::move(per_image));
    const Totals totals = evaluation.run(batch, threads, arguments.has("quiet"));
    if (totals.images == 0) throw Error(ErrorCode::kContent, data, "none of its images could be classified");
    report(arguments, model, evaluation.configuration(), totals, evaluation.seconds(), seconds_since(start));
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
     kBatchOption,
     kPrecisionOption,
     kTuneOption,
     kWorkersOption,
     {"records", "REC.npz", "simulates the configuration on a record instead"},
     {"per-image", "FILE", "one line an image, as CSV"}},
    eval,
    "\nSeconds of computing are those that a thread spends in the network, the mean of all threads.\n"};

}  // namespace dyce
