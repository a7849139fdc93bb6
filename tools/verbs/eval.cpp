// dyce eval: accuracy, cost and speed on labelled pictures.
#include "graph/sites.h"
#include "loaders/dataset/dataset.h"
#include "loaders/format/model_file.h"
#include "runtime/core/atomic_file.h"
#include "tools/cli/csv.h"
#include "tools/cli/inputs.h"
#include "tools/cli/progress.h"
#include "tools/verbs/verbs.h"

#include <dyce/error.h>
#include <dyce/session.h>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

namespace dyce {
namespace {

using nlohmann::ordered_json;
using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

struct Sample {
    std::string name;
    int label;
    Image image;
};

struct Totals {
    std::size_t images = 0, correct = 0, correct5 = 0, failed = 0;
    double macs = 0, seconds = 0;
};

class Evaluation {
public:
    Evaluation(Session session, std::unique_ptr<AtomicFile> per_image)
        : session_(std::move(session)), per_image_(std::move(per_image)) {
        if (per_image_) per_image_->write("filename,label,pred,exit_site,exit_type,score,macs\n");
    }

    void run(const std::vector<Sample>& samples) {
        std::vector<Image> images;
        for (const Sample& sample : samples) images.push_back(sample.image);
        const auto start = Clock::now();
        const auto predictions = session_.classify(images, 5);
        totals_.seconds += seconds_since(start);
        for (std::size_t i = 0; i < samples.size(); ++i) count(samples[i], predictions[i]);
    }

    void fail(const std::string& message) {
        ++totals_.failed;
        std::cerr << "dyce: " << message << "\n";
    }

    Totals finish() {
        if (per_image_) per_image_->commit();
        return totals_;
    }

private:
    void count(const Sample& sample, const Prediction& p) {
        if (!p.error.empty()) return fail(sample.name + ": " + p.error);
        ++totals_.images;
        totals_.correct += p.index[0] == sample.label ? 1 : 0;
        totals_.correct5 += std::count(p.index.begin(), p.index.end(), sample.label) > 0 ? 1 : 0;
        totals_.macs += static_cast<double>(p.macs);
        if (!per_image_) return;
        char score[32];
        std::snprintf(score, sizeof score, "%.9g", static_cast<double>(p.score));
        per_image_->write(csv_field(sample.name) + "," + std::to_string(sample.label) + "," +
                          std::to_string(p.index[0]) + "," + std::to_string(p.exit_site) + "," + p.exit_type +
                          "," + score + "," + std::to_string(p.macs) + "\n");
    }

    Session session_;
    std::unique_ptr<AtomicFile> per_image_;
    Totals totals_;
};

void report(const Arguments& arguments, const Model& model, const Totals& totals, double total_seconds) {
    const auto n = static_cast<double>(totals.images);
    const double accuracy = static_cast<double>(totals.correct) / n;
    if (arguments.has("json")) {
        std::vector<double> share(find_sites(model.data()->graph).size() + 1, 0.0);
        share.back() = 1;  // exits are off
        const ordered_json document = {
            {"schema", "dyce.eval/1"},        {"images", totals.images},
            {"accuracy", accuracy},           {"top5_accuracy", static_cast<double>(totals.correct5) / n},
            {"base_accuracy", accuracy},      {"macs", totals.macs / n},
            {"base_macs", model.macs()},      {"exit_share", share},
            {"expected_exit_share", nullptr}, {"seconds", totals.seconds},
            {"total_seconds", total_seconds}, {"images_per_second", n / totals.seconds},
            {"configuration", "off"},         {"failed", totals.failed}};
        std::cout << document.dump(2) << "\n";
        return;
    }
    std::printf("top-1 %.2f %%  top-5 %.2f %%  (%zu of %zu pictures right)\n", 100 * accuracy,
                100 * static_cast<double>(totals.correct5) / n, totals.correct, totals.images);
    std::printf("%.0f multiply-adds a picture, %.1f pictures a second (%.2f s computing, %.2f s in all)\n",
                totals.macs / n, n / totals.seconds, totals.seconds, total_seconds);
}

int eval(const Arguments& arguments) {
    const auto start = Clock::now();
    auto positionals = arguments.positionals();
    const Model model = take_model(positionals);
    if (!positionals.empty()) throw Error(ErrorCode::kUsage, positionals[0], "dyce eval takes one model");
    const auto data = arguments.text("data");
    if (!data) throw Error(ErrorCode::kUsage, "--data", "is missing: a folder, a .csv or another data set");
    const auto dataset = open_dataset(*data, {.count = model.classes(), .names = model.labels()});
    const int batch = static_cast<int>(arguments.integer("batch", 32, 1, 4096));
    const int threads = static_cast<int>(arguments.integer("threads", 0, 1, 1024));
    std::unique_ptr<AtomicFile> per_image;
    if (const auto file = arguments.text("per-image")) per_image = std::make_unique<AtomicFile>(*file);

    Evaluation evaluation(Session(model, {.threads = threads, .max_batch = batch}), std::move(per_image));
    Progress progress("pictures", static_cast<std::size_t>(dataset->size()), arguments.has("quiet"));
    std::vector<Sample> samples;
    for (std::int64_t i = 0; i < dataset->size(); ++i) {
        try {
            samples.push_back({dataset->name(i), dataset->label(i), dataset->image(i)});
        } catch (const Error& error) {
            evaluation.fail(error.what());
        }
        if (samples.size() == static_cast<std::size_t>(batch) || i + 1 == dataset->size()) {
            evaluation.run(samples);
            samples.clear();
        }
        progress.update(static_cast<std::size_t>(i) + 1);
    }
    const Totals totals = evaluation.finish();
    if (totals.images == 0)
        throw Error(ErrorCode::kContent, *data, "none of its pictures could be classified");
    report(arguments, model, totals, seconds_since(start));
    return totals.failed == 0 ? 0 : 1;
}

}  // namespace

const Verb kEval{
    "eval",
    "eval MODEL --data X",
    "measures accuracy, cost and speed on labelled pictures",
    {{"data", "X", "a .csv (path,label), a folder with list.csv or class folders, CIFAR .bin, .npy, .npz"},
     {"batch", "N", "pictures computed together (32)"},
     {"threads", "N", "compute threads (all that this process may use)"},
     {"per-image", "FILE", "one line a picture, as CSV"}},
    eval};

}  // namespace dyce
