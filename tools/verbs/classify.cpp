// dyce classify: images in, class names out.
#include "runtime/core/ordered_work.h"
#include "runtime/core/threads.h"
#include "runtime/session/model_access.h"
#include "tools/cli/budget_options.h"
#include "tools/cli/inputs.h"
#include "tools/cli/interruption.h"
#include "tools/cli/memory_limit.h"
#include "tools/cli/model_argument.h"
#include "tools/cli/path_list.h"
#include "tools/cli/progress.h"
#include "tools/progress/kept_options.h"
#include "tools/verbs/classify_answers.h"
#include "tools/verbs/classify_kept.h"
#include "tools/verbs/verbs.h"

#include <dyce/error.h>
#include <dyce/session.h>

#include <algorithm>
#include <iostream>
#include <iterator>
#include <span>

namespace dyce {
namespace {

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
                          const AnswerWriter& writer) {
    std::size_t failed = 0;
    for (std::size_t i = 0; i < files.size(); ++i) {
        if (!answers[i].error.empty()) {
            ++failed;
            std::cerr << "dyce: " << answers[i].error << "\n";
        }
        writer.write(std::cout, files[i], answers[i]);
    }
    std::cout.flush();  // whole answers, should the program be interrupted
    return failed;
}

// An image is decoded by one thread: several workers keep all of them busy, which one worker of several
// threads does not. Who asks for threads or for an answer in time means one image after the other.
std::int64_t default_workers(const Arguments& arguments, std::size_t batches) {
    if (arguments.has("threads") || arguments.has("deadline-ms")) return 1;
    return std::clamp<std::int64_t>(static_cast<std::int64_t>(batches), 1, available_threads());
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
    for (const std::string& complaint : images.complaints) std::cerr << "dyce: " << complaint << "\n";
    check_kept_options(arguments);
    if (arguments.has("progress")) return classify_kept(arguments, model, images);
    const int batch = static_cast<int>(arguments.integer("batch", 1, 1, 4096));
    const std::vector<std::string>& files = images.files;
    const OutputActivation activation = ModelAccess::data(model)->last().activation;
    const float label_threshold = label_threshold_of(arguments, activation);
    const bool has_labels = activation == OutputActivation::kSigmoid;
    ClassifyOptions options;
    options.topk = topk_of(arguments, model);
    options.deadline_ms = arguments.real("deadline-ms", 0, 0, 1e9);
    set_budget(arguments, options);
    const auto step = static_cast<std::size_t>(batch);
    const std::size_t batches = (files.size() + step - 1) / step;
    const int workers =
        static_cast<int>(arguments.integer("workers", default_workers(arguments, batches), 1, 1024));
    const int share = workers == 1 ? 0 : std::max(1, available_threads() / workers);
    const int threads = static_cast<int>(arguments.integer("threads", share, 1, 1024));

    set_way_to_go_on("the answers above are complete: start again with the images that are left");
    Session session = open_session(arguments, model, {.threads = threads, .max_batch = batch});
    session.classify(std::vector<Image>(),
                     options);  // whether the budget will do, before anything is written
    const AnswerWriter writer = answer_writer(arguments, model);
    std::cout << writer.heading();
    Progress progress("images", files.size(), arguments.has("quiet"));
    const auto batch_files = [&](std::size_t b) {
        return std::span(files).subspan(b * step, std::min(step, files.size() - b * step));
    };
    std::size_t failed = 0;
    run_in_order(
        batches, workers,
        [&](std::size_t b, std::size_t) {
            auto answers = answer(session, batch_files(b), options);
            if (has_labels)
                for (Prediction& one : answers) keep_likely_labels(one, label_threshold);
            return answers;
        },
        [&](std::size_t b, const std::vector<Prediction>& answers) {
            failed += write_answers(batch_files(b), answers, writer);
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
     kBudgetMacsOption,
     kBudgetMsOption,
     kTimesOption,
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
     kMaxMemoryOption,
     kProgressOption,
     kOutputOption,
     kDurabilityOption,
     kProgressEveryOption,
     {"labels", "FILE", "class names, one per line, instead of the model's"},
     {"r,recursive", "", "also images in sub-folders"},
     {"files0-from", "FILE", "paths from a file, separated by NUL bytes; - is stdin"}},
    classify,
    "\nMODEL ends in .safetensors; without it the embedded CIFAR-10 model answers, in its configuration\n"
    "`balanced`. `-` among the images reads one path per line from stdin. Lists may hold 10,000,000\n"
    "paths of 64 KiB each and 2 GiB in all.\n"};

}  // namespace dyce
