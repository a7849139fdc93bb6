// dyce record: what every exit says about every image, for searching and simulating without the model.
#include "loaders/dataset/dataset.h"
#include "runtime/core/digest.h"
#include "runtime/core/ordered_work.h"
#include "runtime/core/worker_count.h"
#include "runtime/flow/exit_score.h"
#include "runtime/session/model_access.h"
#include "search/record/record_file.h"
#include "search/record/record_journal.h"
#include "search/record/record_meta.h"
#include "search/record/recorder.h"
#include "tools/cli/inputs.h"
#include "tools/cli/interruption.h"
#include "tools/cli/model_argument.h"
#include "tools/cli/output_paths.h"
#include "tools/cli/progress.h"
#include "tools/verbs/verbs.h"

#include <dyce/error.h>

#include <algorithm>
#include <iostream>

namespace dyce {
namespace {

struct Shard {
    std::int64_t index = 0, count = 1;
};

Shard parse_shard(const Arguments& arguments) {
    const auto text = arguments.text("shard");
    if (!text) return {};
    const auto parts = split(*text, '/');
    if (parts.size() != 2)
        throw Error(ErrorCode::kUsage, "--shard", "\"" + *text + "\" given, expected i/n as 0/2");
    Shard shard;
    shard.count = parse_integer(parts[1], "--shard", 1, 1'000'000);
    shard.index = parse_integer(parts[0], "--shard", 0, shard.count - 1);
    return shard;
}

std::vector<std::string> parse_scores(const Arguments& arguments) {
    std::vector<std::string> scores = {kMaxSoftmax};  // every record holds it
    for (const std::string& name : split(arguments.text("scores", kMaxSoftmax), ','))
        if (std::find(scores.begin(), scores.end(), name) == scores.end()) scores.push_back(name);
    return scores;
}

std::string digest_of(const Dataset& dataset) {
    Digest digest;
    for (std::int64_t i = 0; i < dataset.size(); ++i) {
        digest.add(dataset.name(i));
        digest.add(std::to_string(dataset.label(i)));
    }
    return digest.hex();
}

// Everything that rows of a journal depend on.
std::string journal_key(const RecordMeta& meta, const RecorderOptions& options) {
    std::string key = record_meta_text(meta) + " " + std::to_string(options.topk);
    for (const std::string& score : options.scores) key += " " + score;
    return key;
}

int record(const Arguments& arguments) {
    check_outputs(arguments, {{"output"}}, {"data"});
    const Model model = only_model(arguments, "record");
    expect_one_class(*ModelAccess::data(model), "record");
    const std::string data = data_of(arguments);
    const std::string output = arguments.required("output", "-o REC.npz");
    const auto dataset = open_data(data, *ModelAccess::data(model));
    const Shard shard = parse_shard(arguments);
    RecorderOptions options;
    options.batch = static_cast<int>(arguments.integer("batch", 32, 1, 4096));
    const int threads = static_cast<int>(arguments.integer("threads", 0, 1, 1024));
    options.precision = precision_of(arguments);
    options.goal = goal_of(arguments);
    options.topk = static_cast<int>(arguments.integer("topk", 1, 1, model.classes()));
    options.scores = parse_scores(arguments);

    const Recorder recorder(ModelAccess::data(model), options);
    RecordMeta meta = recorder.meta();
    meta.image_count = dataset->size();
    meta.images_digest = digest_of(*dataset);
    meta.shard = shard.index;
    meta.shards = shard.count;

    set_way_to_go_on(
        "the images done so far are kept beside the output: start the same command again to go on");
    const auto total = static_cast<std::size_t>(meta.shard_images());
    RecordJournal journal(output + ".journal", journal_key(meta, options),
                          {total, recorder.classes_per_row(), recorder.scores_per_row(), meta.classes,
                           meta.has_gates() ? &meta : nullptr});
    if (!journal.notice().empty()) std::cerr << "dyce: " << journal.notice() << "\n";
    if (!journal.rows().empty())
        std::cerr << "dyce: goes on after the " << journal.rows().size() << " images of an earlier run\n";
    Progress progress("images", total, arguments.has("quiet"));
    const std::size_t begin = journal.rows().size(), step = static_cast<std::size_t>(options.batch);
    const std::size_t batches = (total - begin + step - 1) / step;
    const auto compute = [&](std::size_t batch, std::size_t) {
        const std::size_t first = begin + batch * step, last = std::min(first + step, total);
        std::vector<Image> images;
        for (std::size_t i = first; i < last; ++i)
            images.push_back(dataset->image(shard.index + static_cast<std::int64_t>(i) * shard.count));
        return recorder.run(images);
    };
    run_in_order(batches, worker_count(threads, batches, recorder.arena_bytes()), compute,
                 [&](std::size_t, std::vector<RecordRow> rows) {
                     journal.add(std::move(rows));
                     progress.update(journal.rows().size());
                 });
    std::vector<int> labels;
    std::vector<std::string> names;
    for (std::int64_t j = shard.index; j < dataset->size(); j += shard.count) {
        labels.push_back(dataset->label(j));
        names.push_back(dataset->name(j));
    }
    Record result = make_record(meta, options, journal.rows(), labels);
    result.names = std::move(names);
    write_record(output, result);
    journal.remove();
    return 0;
}

}  // namespace

const Verb kRecord{"record",
                   "record MODEL --data X -o REC.npz",
                   "notes what every exit says about every image",
                   {kDataOption,
                    {"o,output", "FILE", "the record to write (.npz)"},
                    {"scores", "NAME,..", one_of(recorded_scores(), "always noted")},
                    {"shard", "i/n", "only the images j with j mod n = i; `dyce merge` puts shards together"},
                    {"topk", "N", "classes noted of each exit (1)"},
                    kBatchOption,
                    kPrecisionOption,
                    kTuneOption,
                    kWorkersOption},
                   record,
                   "\nA run that was interrupted goes on where it was when it is started again.\n"};

}  // namespace dyce
