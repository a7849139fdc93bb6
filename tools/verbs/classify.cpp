// dyce classify: images in, class names out.
#include "runtime/core/ordered_work.h"
#include "runtime/core/threads.h"
#include "runtime/session/model_access.h"
#include "tools/cli/csv.h"
#include "tools/cli/inputs.h"
#include "tools/cli/interruption.h"
#include "tools/cli/model_argument.h"
#include "tools/cli/path_list.h"
#include "tools/cli/progress.h"
#include "tools/verbs/verbs.h"

#include <dyce/error.h>
#include <dyce/session.h>

#include <algorithm>
#include <iomanip>
#include <iostream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <span>

namespace dyce {
namespace {

using nlohmann::ordered_json;

/// Writes one answer; failed images have `error` set.
using Writer = void (*)(const std::string& file, const Prediction& prediction);

// Text that may not be valid UTF-8 (file names) is written with replacement characters.
std::string dump(const ordered_json& json) {
    return json.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

ordered_json to_json(const std::string& file, const Prediction& p) {
    if (!p.error.empty()) return {{"filename", file}, {"error", p.error}};
    return {{"filename", file},
            {"index", p.index},
            {"label", p.label},
            {"prob", p.prob},
            {"member", p.member},
            {"exit_site", p.exit_site},
            {"exit_type", p.exit_type},
            {"score", p.score},
            {"macs", p.macs},
            {"latency_us", p.latency_us},
            {"configuration", p.configuration},
            {"generation", p.generation}};
}

void write_jsonl(const std::string& file, const Prediction& p) {
    std::cout << dump(to_json(file, p)) << "\n";
}

// Runs without deadlines write what they always wrote.
void write_jsonl_with_deadline(const std::string& file, const Prediction& p) {
    ordered_json json = to_json(file, p);
    if (p.error.empty()) json["late"] = p.late;
    std::cout << dump(json) << "\n";
}

void write_csv(const std::string& file, const Prediction& p) {
    if (!p.error.empty()) {
        std::cout << csv_field(file) << ",,,,,,,,," << csv_field(p.error) << "\n";
        return;
    }
    for (std::size_t i = 0; i < p.index.size(); ++i)
        std::cout << csv_field(file) << "," << i + 1 << "," << p.index[i] << "," << csv_field(p.label[i])
                  << "," << p.prob[i] << "," << p.exit_site << "," << p.exit_type << "," << p.macs << ","
                  << p.latency_us << ",\n";
}

void write_text(const std::string& file, const Prediction& p) {
    if (!p.error.empty()) return;  // told on stderr
    std::cout << file << "  (" << (p.exit_type == "final" ? "final exit" : "exit ");
    if (p.exit_type != "final") std::cout << p.exit_site << " " << p.exit_type;
    std::cout << std::fixed << std::setprecision(1) << ", " << static_cast<double>(p.macs) / 1e6
              << " M multiply-adds, " << std::setprecision(2) << p.latency_us / 1e3 << " ms)\n";
    for (std::size_t i = 0; i < p.index.size(); ++i)
        std::cout << "  " << std::setw(6) << 100 * p.prob[i] << " %  " << p.label[i] << "\n";
}

// Decodes and answers some images; several threads may do so at once.
std::vector<Prediction> answer(Session& session, std::span<const std::string> files,
                               const ClassifyOptions& options) {
    std::vector<Prediction> answers(files.size());
    std::vector<Image> images;
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < files.size(); ++i) try {
            images.push_back(Image::load(files[i]));
            places.push_back(i);
        } catch (const Error& error) {
            answers[i].error = error.what();
        }
    auto predictions = session.classify(images, options);
    for (std::size_t i = 0; i < places.size(); ++i) {
        Prediction& answer = answers[places[i]] = std::move(predictions[i]);
        if (!answer.error.empty()) answer.error = files[places[i]] + ": " + answer.error;
    }
    return answers;
}

// Gives how many failed.
std::size_t write_answers(std::span<const std::string> files, std::span<const Prediction> answers,
                          Writer write) {
    std::size_t failed = 0;
    for (std::size_t i = 0; i < files.size(); ++i) {
        if (!answers[i].error.empty()) {
            ++failed;
            std::cerr << "dyce: " << answers[i].error << "\n";
        }
        write(files[i], answers[i]);
    }
    std::cout.flush();  // whole answers, should the program be interrupted
    return failed;
}

void write_values(const std::string& file, const Prediction& p) {
    if (!p.error.empty()) return;
    std::cout << file << "\n";
    for (std::size_t i = 0; i < p.index.size(); ++i)
        std::cout << "  " << std::setw(12) << p.prob[i] << "  " << p.label[i] << "\n";
}

Writer choose_writer(const Arguments& arguments, OutputActivation activation) {
    for (const char* other : {"jsonl", "json"})
        if (arguments.has("csv") && arguments.has(other))
            throw Error(ErrorCode::kUsage, "--csv", std::string("excludes --") + other);
    if (arguments.has("jsonl") || arguments.has("json"))
        return arguments.has("deadline-ms") ? write_jsonl_with_deadline : write_jsonl;
    if (!arguments.has("csv")) return activation == OutputActivation::kNone ? write_values : write_text;
    std::cout << "filename,rank,index,label,prob,exit_site,exit_type,macs,latency_us,error\n";
    return write_csv;
}

// An image is decoded by one thread: several workers keep all of them busy, which one worker of several
// threads does not. Who asks for threads or for an answer in time means one image after the other.
std::int64_t default_workers(const Arguments& arguments, std::size_t batches) {
    if (arguments.has("threads") || arguments.has("deadline-ms")) return 1;
    return std::clamp<std::int64_t>(static_cast<std::int64_t>(batches), 1, available_threads());
}

// From which probability on a label is told.
float threshold_of(const Arguments& arguments, OutputActivation activation) {
    if (arguments.has("label-threshold") && activation != OutputActivation::kSigmoid)
        throw Error(
            ErrorCode::kUsage, "--label-threshold",
            "the classes of this model exclude one another; only independent labels have a threshold");
    return static_cast<float>(arguments.real("label-threshold", 0.5, 0, 1));
}

// Labels stand in the order of their probabilities.
void keep_likely_labels(std::vector<Prediction>& answers, float threshold) {
    for (Prediction& answer : answers) {
        const auto likely = std::find_if(answer.prob.begin(), answer.prob.end(),
                                         [&](float probability) { return probability < threshold; });
        const auto count = static_cast<std::size_t>(likely - answer.prob.begin());
        answer.index.resize(count);
        answer.label.resize(count);
        answer.prob.resize(count);
    }
}

int classify(const Arguments& arguments) {
    auto positionals = arguments.positionals();
    Model model = take_model(positionals, "classify");
    if (const auto file = arguments.text("labels"))
        model = model.with_labels(read_labels(*file, model.classes()));
    if (const auto list = arguments.text("files0-from")) {
        auto files = read_path_list(*list, '\0');
        std::move(files.begin(), files.end(), std::back_inserter(positionals));
    }
    if (positionals.empty()) throw Error(ErrorCode::kUsage, "IMAGE", "is missing: give images, folders or -");
    const ImageList images = expand_images(positionals, arguments.has("recursive"));
    const std::vector<std::string>& files = images.files;
    for (const std::string& complaint : images.complaints) std::cerr << "dyce: " << complaint << "\n";
    const int batch = static_cast<int>(arguments.integer("batch", 1, 1, 4096));
    const OutputActivation activation = ModelAccess::data(model)->last().activation;
    const float label_threshold = threshold_of(arguments, activation);
    const bool has_labels = activation == OutputActivation::kSigmoid;
    ClassifyOptions options;
    options.topk = static_cast<int>(arguments.integer("topk", has_labels ? model.classes() : 5, 1, 100'000));
    options.deadline_ms = arguments.real("deadline-ms", 0, 0, 1e9);
    const auto step = static_cast<std::size_t>(batch);
    const std::size_t batches = (files.size() + step - 1) / step;
    const int workers =
        static_cast<int>(arguments.integer("workers", default_workers(arguments, batches), 1, 1024));
    const int share = workers == 1 ? 0 : std::max(1, available_threads() / workers);
    const int threads = static_cast<int>(arguments.integer("threads", share, 1, 1024));

    set_way_to_go_on("the answers above are complete: start again with the images that are left");
    Session session = open_session(arguments, model, {.threads = threads, .max_batch = batch});
    const Writer write = choose_writer(arguments, activation);
    Progress progress("images", files.size(), arguments.has("quiet"));
    const auto batch_files = [&](std::size_t b) {
        return std::span(files).subspan(b * step, std::min(step, files.size() - b * step));
    };
    std::size_t failed = 0;
    run_in_order(
        batches, workers,
        [&](std::size_t b, std::size_t) {
            auto answers = answer(session, batch_files(b), options);
            if (has_labels) keep_likely_labels(answers, label_threshold);
            return answers;
        },
        [&](std::size_t b, const std::vector<Prediction>& answers) {
            failed += write_answers(batch_files(b), answers, write);
            progress.update(b * step + answers.size());
        });
    return failed == 0 && images.complaints.empty() ? 0 : 1;
}

}  // namespace

const Verb kClassify{
    "classify",
    "classify [MODEL] IMAGE|FOLDER...",
    "names what is in images (JPEG, PNG, WebP)",
    {{"config", "SET[:NAME]",
      "which exits are on: a file of configurations or, with :NAME, the model's own set"},
     {"deadline-ms", "X",
      "answer before the next site would be too late, by the best head of the last one; JSON tells: "
      "\"late\""},
     {"topk", "N", "classes to show (5; of independent labels all)"},
     {"label-threshold", "X", "of independent labels, those at least this likely are told (0.5)"},
     {"jsonl", "", "one JSON object an image"},
     {"csv", "", "comma-separated values"},
     kThreadsOption,
     {"workers", "N",
      "batches decoded and computed at the same time, each with its share of threads (one a thread; with "
      "--threads or --deadline-ms 1)"},
     {"batch", "N", "images computed together (1)"},
     kPrecisionOption,
     kTuneOption,
     {"labels", "FILE", "class names, one per line, instead of the model's"},
     {"r,recursive", "", "also images in sub-folders"},
     {"files0-from", "FILE", "paths from a file, separated by NUL bytes; - is stdin"}},
    classify,
    "\nMODEL ends in .safetensors; without it the embedded CIFAR-10 model answers, in its configuration\n"
    "`balanced`. `-` among the images reads one path per line from stdin. Lists may hold 10,000,000\n"
    "paths of 64 KiB each and 2 GiB in all.\n"};

}  // namespace dyce
