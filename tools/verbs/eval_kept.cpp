#include "tools/verbs/eval_kept.h"

#include "tools/cli/image_rows.h"
#include "tools/cli/inputs.h"
#include "tools/cli/interruption.h"
#include "tools/cli/memory_limit.h"
#include "tools/cli/progress.h"
#include "tools/progress/kept_options.h"
#include "tools/verbs/eval_totals.h"

#include <chrono>
#include <cstring>
#include <iostream>

namespace dyce {
namespace {

using KeptClock = std::chrono::steady_clock;

// All that is counted, in one order.
template <class Each>
void each_number(EvalTotals& totals, const Each& each) {
    each(totals.images);
    each(totals.correct);
    each(totals.correct5);
    each(totals.failed);
    each(totals.macs);
    for (std::size_t& count : totals.left_at) each(count);
    each(totals.non_finite_scores);
}

class KeptEvaluation final : public KeptAnswers {
public:
    KeptEvaluation(const Dataset& dataset, std::size_t positions, bool quiet)
        : dataset_(dataset),
          totals_(positions),
          progress_("images", static_cast<std::size_t>(dataset.size()), quiet) {}

    EvalTotals& totals() { return totals_; }

    std::string heading() const override { return kImageRowHeader; }
    std::string take(std::size_t image, const Prediction& answer) override {
        const auto i = static_cast<std::int64_t>(image);
        const std::string name = dataset_.name(i);
        if (!answer.error.empty()) {
            totals_.fail(answer.error);
            return "";
        }
        totals_.count(name, dataset_.label(i), answer);
        return image_row_of(name, dataset_.label(i), answer);
    }
    std::string notes() const override {
        std::string text;
        EvalTotals totals = totals_;
        each_number(totals, [&](const auto& number) {
            text.append(reinterpret_cast<const char*>(&number), sizeof number);
        });
        return text;
    }
    void go_on_from(const std::string& notes) override {
        const char* next = notes.data();
        each_number(totals_, [&](auto& number) {
            std::memcpy(&number, next, sizeof number);
            next += sizeof number;
        });
    }
    void done(std::size_t images) override { progress_.update(images); }

private:
    const Dataset& dataset_;
    EvalTotals totals_;
    Progress progress_;
};

}  // namespace

int eval_kept(const Arguments& arguments, const Model& model, const Dataset& dataset) {
    const auto start = KeptClock::now();
    const auto number = [](std::size_t i) { return static_cast<std::int64_t>(i); };
    const auto seconds = [&] { return std::chrono::duration<double>(KeptClock::now() - start).count(); };
    KeptEvaluation answers(dataset, static_cast<std::size_t>(model.sites()) + 1, arguments.has("quiet"));
    const KeptImages list{
        .count = static_cast<std::size_t>(dataset.size()),
        .name = [&](std::size_t i) { return dataset.name(number(i)); },
        .bytes = [](std::size_t) { return std::uint64_t{0}; },  // several may lie in one file
        .load = [&](std::size_t i) { return dataset.image(number(i)); }};
    const SessionOptions options =
        session_options(arguments, {.threads = static_cast<int>(arguments.integer("threads", 0, 0, 1024)),
                                    .max_batch = static_cast<int>(arguments.integer("batch", 32, 1, 4096))});
    std::string labels;
    for (std::int64_t i = 0; i < dataset.size(); ++i) labels += std::to_string(dataset.label(i)) + " ";
    set_way_to_go_on("type the same command again: it goes on from here");
    const Model used = with_given_set(arguments, model);
    KeptRun run({used, options, chosen_configuration(arguments, model, options)}, list, answers,
                kept_run_options(arguments, 5, labels));
    if (!run.notice().empty()) std::cerr << "dyce: " << run.notice() << "\n";
    run.run();
    answers.totals().non_finite_scores += run.engine().non_finite_scores();
    report_eval(arguments, model, run.configuration(), answers.totals(), {seconds(), seconds()});
    return answers.totals().failed == 0 ? 0 : 1;
}

}  // namespace dyce
