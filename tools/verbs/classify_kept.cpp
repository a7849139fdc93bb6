#include "tools/verbs/classify_kept.h"

#include "runtime/session/model_access.h"
#include "tools/cli/interruption.h"
#include "tools/cli/memory_limit.h"
#include "tools/cli/progress.h"
#include "tools/progress/kept_options.h"
#include "tools/verbs/classify_answers.h"

#include <dyce/error.h>

#include <filesystem>
#include <iostream>
#include <sstream>

namespace dyce {
namespace {

std::uint64_t file_bytes(const std::string& path) {
    std::error_code missing;
    const auto size = std::filesystem::file_size(path, missing);
    return missing ? 0 : size;
}

class KeptClassification final : public KeptAnswers {
public:
    KeptClassification(const Arguments& arguments, const Model& model, const std::vector<std::string>& files)
        : files_(files),
          activation_(ModelAccess::data(model)->last().activation),
          threshold_(label_threshold_of(arguments, activation_)),
          writer_(answer_writer(arguments, model)),
          progress_("images", files.size(), arguments.has("quiet")) {
        writer_.has_times = false;
        settings_ << topk_of(arguments, model) << " " << threshold_ << " " << static_cast<int>(writer_.form);
        for (const std::string& label : model.labels()) settings_ << "\n" << label;
    }

    std::string settings() const { return settings_.str(); }
    std::uint64_t failed() const { return failed_; }

    std::string heading() const override { return writer_.heading(); }
    std::string take(std::size_t image, const Prediction& prediction) override {
        Prediction answer = prediction;
        if (!answer.error.empty()) {
            ++failed_;
            std::cerr << "dyce: " << answer.error << "\n";
        }
        if (activation_ == OutputActivation::kSigmoid) keep_likely_labels(answer, threshold_);
        std::ostringstream text;
        writer_.write(text, files_[image], answer);
        return text.str();
    }
    std::string notes() const override { return {reinterpret_cast<const char*>(&failed_), sizeof failed_}; }
    void go_on_from(const std::string& notes) override {
        notes.copy(reinterpret_cast<char*>(&failed_), sizeof failed_);
    }
    void done(std::size_t images) override { progress_.update(images); }

private:
    const std::vector<std::string>& files_;
    OutputActivation activation_;
    float threshold_;
    AnswerWriter writer_;
    Progress progress_;
    std::ostringstream settings_;
    std::uint64_t failed_ = 0;
};

}  // namespace

int classify_kept(const Arguments& arguments, const Model& model, const ImageList& images) {
    const std::vector<std::string>& files = images.files;
    KeptClassification answers(arguments, model, files);
    const KeptImages list{.count = files.size(),
                          .name = [&](std::size_t i) { return files[i]; },
                          .bytes = [&](std::size_t i) { return file_bytes(files[i]); },
                          .load = [&](std::size_t i) { return Image::load(files[i]); }};
    const SessionOptions options =
        session_options(arguments, {.threads = static_cast<int>(arguments.integer("threads", 0, 0, 1024)),
                                    .max_batch = static_cast<int>(arguments.integer("batch", 1, 1, 4096))});
    set_way_to_go_on("type the same command again: it goes on from here");
    const Model used = with_given_set(arguments, model);
    KeptRun run({used, options, chosen_configuration(arguments, model, options)}, list, answers,
                kept_run_options(arguments, topk_of(arguments, model), answers.settings()));
    if (!run.notice().empty()) std::cerr << "dyce: " << run.notice() << "\n";
    run.run();
    return answers.failed() == 0 && images.complaints.empty() ? 0 : 1;
}

}  // namespace dyce
