// dyce train: exit heads for a network, trained on labelled images while the network stays as it is; whole
// networks are trained by train_network.cpp.
#include "search/compress/stored_form.h"
#include "search/train/train_exits.h"
#include "tools/cli/model_argument.h"
#include "tools/cli/output_paths.h"
#include "tools/verbs/site_values.h"
#include "tools/verbs/train_blocks.h"
#include "tools/verbs/train_gates.h"
#include "tools/verbs/train_network.h"
#include "tools/verbs/train_options.h"
#include "tools/verbs/verbs.h"

#include <dyce/error.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>

namespace dyce {
namespace {

using nlohmann::ordered_json;

TrainExitsOptions exits_options(const Arguments& arguments) {
    TrainExitsOptions options;
    TrainingOptions& training = options.training;
    const bool distil = arguments.choice("loss", "distill", {"distill", "ce"}) == "distill";
    if (!distil) refuse(arguments, {"alpha", "temperature"}, "with --loss ce");
    training.loss.alpha = distil ? arguments.real("alpha", training.loss.alpha, 0, 1) : 1;
    training.loss.temperature = arguments.real("temperature", training.loss.temperature, 0.01, 100);
    training.loss.smoothing = arguments.real("smoothing", 0, 0, 0.99);
    training.epochs = static_cast<int>(arguments.integer("epochs", training.epochs, 1, 100'000));
    training.batch = arguments.integer("batch", training.batch, 1, 65'536);
    if (arguments.has("lr")) training.rate = arguments.real("lr", 0, 1e-9, 10);
    training.decay = arguments.real("weight-decay", training.decay, 0, 10);
    training.seed = static_cast<std::uint64_t>(arguments.integer("seed", 0, 0, INT64_MAX));
    options.passes = static_cast<int>(arguments.integer("passes", options.passes, 1, 1000));
    options.holdout = arguments.real("holdout", options.holdout, 0, 0.9);
    options.cache = arguments.text("cache", "");
    const Resuming resuming = resuming_of(arguments);
    options.checkpoint = resuming.checkpoint;
    options.resume = resuming.resume;
    options.threads = static_cast<int>(arguments.integer("threads", 0, 1, 1024));
    return options;
}

void print_table(const TrainExitsReport& report) {
    if (report.held_out > 0) {
        std::fprintf(stderr, "held out: %lld images, the network itself %.2f %%\n",
                     static_cast<long long>(report.held_out), 100 * report.classifier_accuracy);
        std::fprintf(stderr, "%5s  %-20s %10s %10s %9s\n", "site", "type", "MACs", "accuracy", "loss");
        for (const auto& head : report.heads)
            std::fprintf(stderr, "%5d  %-20s %10lld %8.2f %% %9.4f\n", head.site, head.type.c_str(),
                         static_cast<long long>(head.macs), 100 * head.held_out.accuracy, head.held_out.loss);
    }
    std::int64_t feeds = 0;
    for (const auto& head : report.heads) feeds += head.feed_macs;
    if (feeds > 0)
        std::fprintf(stderr, "feeds: %lld MACs in all, paid on the way, whichever exits are on\n",
                     static_cast<long long>(feeds));
    std::fprintf(stderr, "features: %lld rows in %.1f s; training: %zu heads in %.1f s\n",
                 static_cast<long long>(report.feature_rows), report.feature_seconds, report.heads.size(),
                 report.training_seconds);
}

void print_json(const TrainExitsReport& report, const ModelData& model) {
    const auto or_null = [&](double value) {
        return report.held_out > 0 ? ordered_json(value) : ordered_json(nullptr);
    };
    ordered_json heads = ordered_json::array();
    for (const auto& head : report.heads) {
        heads.push_back({{"site", head.site},
                         {"type", head.type},
                         {"macs", head.macs},
                         {"accuracy", or_null(head.held_out.accuracy)},
                         {"loss", or_null(head.held_out.loss)}});
        if (head.feed_macs > 0) heads.back()["feed_macs"] = head.feed_macs;
    }
    const ordered_json document = {{"schema", "dyce.train/1"},
                                   {"digest", model.digest},
                                   {"images", report.images},
                                   {"held_out", report.held_out},
                                   {"failed", report.missing},
                                   {"base_accuracy", or_null(report.classifier_accuracy)},
                                   {"heads", heads},
                                   {"feature_rows", report.feature_rows},
                                   {"feature_seconds", report.feature_seconds},
                                   {"training_seconds", report.training_seconds}};
    std::cout << document.dump(2) << "\n";
}

int train(const Arguments& arguments) {
    if (arguments.has("strip")) return strip_model(arguments);
    if (arguments.has("from-scratch") || arguments.has("fine-tune")) return train_whole_network(arguments);
    refuse(arguments, {"arch",    "classes", "labels",      "optimiser", "ema",   "exit-weight",
                       "augment", "cutout",  "teacher",     "entropy",   "mixup", "log",
                       "norms",   "clip",    "precision",   "resize",    "crop",  "interpolation",
                       "mean",    "std",     "drop-blocks", "gates",     "target"},
           "without --from-scratch or --fine-tune");
    const std::string source = arguments.only_positional("MODEL");
    const std::string data = data_of(arguments);
    const std::string output = output_of(arguments);
    check_outputs(arguments, {{"output", kPositionals}, {"checkpoint"}}, {"data"});
    const auto types = head_types_of(arguments, "linear,grid4-mlp2x128");
    const bool are_integers = arguments.choice("store", "f32", {"f32", "int8"}) == "int8";
    TrainExitsOptions options = exits_options(arguments);
    options.scratch = std::filesystem::path(output).parent_path().string();

    ModelData model = *load_model(source);
    expect_one_class(model, "train");
    if (model.members.size() > 1)
        throw Error(ErrorCode::kUsage, source, "is a cascade: train its members before joining them");
    Member& member = model.members[0];
    if (are_integers && member.storage == Precision::kBfloat16)
        throw Error(ErrorCode::kUsage, "--store", "int8 given, the model's other weights are bfloat16");
    const bool quiet = arguments.has("quiet");
    const auto notice = [&](const std::string& text) {
        if (!quiet) std::cerr << "dyce: " << text << "\n";
    };
    options.notice = notice;
    if (member.exits.sites.empty())
        throw Error(ErrorCode::kUsage, source, "has no exit sites; " + sites_hint(member));
    const auto heads = plan_heads(member, types, sites_of(arguments, member.exits.sites.size()), notice);
    if (heads.empty())
        throw Error(ErrorCode::kUsage, "--heads", "no head fits any site; " + sites_hint(member));
    const auto images = open_data(data, model);

    tell_how_to_go_on({options.checkpoint, options.resume}, arguments.has("cache"));
    Phases phases(quiet);
    const TrainExitsReport report = train_exits(
        member, *images, heads, options,
        [&](const char* what, std::int64_t done, std::int64_t all) { phases.update(what, done, all); });
    if (model.configurations)
        notice("the set of configurations stored with the model is left out: it was made for other heads");
    model.configurations.reset();
    if (are_integers)
        store_heads_as_integers(member, [&](const ExitHead& head) {
            return std::any_of(report.heads.begin(), report.heads.end(), [&](const auto& trained) {
                return trained.site == head.site && trained.type == head.type;
            });
        });
    save_model(output, model);

    if (report.missing > 0) notice(std::to_string(report.missing) + " images could not be read");
    if (!quiet) print_table(report);
    if (arguments.has("json")) print_json(report, *load_model(output));
    return report.missing == 0 ? 0 : 1;
}

}  // namespace

const Verb kTrain{
    "train",
    "train MODEL | --from-scratch | --fine-tune MODEL --data X -o OUT.safetensors",
    "trains exit heads on the frozen network, or a whole network with its exits",
    {{"o,output", "FILE", "the model with its heads (replaced atomically; may be MODEL)"},
     {"data", "X", "labelled images, as for eval"},
     {"heads", "TYPE,..",
      "linear, mlpLxH, gridG-.., cls-.., norm-.., stage-gridG-H, shared-gridG-H (linear,grid4-mlp2x128; "
      "whole networks: none)"},
     {"sites", "all|0,3,..", "where (all)"},
     {"epochs", "N", "times all rows are seen (8; whole networks 40)"},
     {"passes", "K", "rows an image: one plain, the others shifted and mirrored (3)"},
     {"loss", "distill|ce|erde", "labels and the network's own answers, or labels only (distill)"},
     {"alpha", "A", "share of the labels in distill (0.5)"},
     {"temperature", "T", "softens the network's answers (1)"},
     {"smoothing", "S", "share of each label that is spread over all classes (0)"},
     {"holdout", "H", "share of the images kept for judging (0.1)"},
     {"batch", "N", "rows a step (256; whole networks 128)"},
     {"lr", "X", "learning rate at its peak (0.002, stage 0.02, shared 0.006; sgd 0.1; fine-tuning a tenth)"},
     {"weight-decay", "X", "of AdamW (0.3; whole networks 0.05; sgd 0.0005)"},
     {"cache", "DIR", "keeps the features there and takes them from there"},
     kCheckpointOption,
     kResumeOption,
     kSeedOption,
     kThreadsOption,
     {"from-scratch", "", "a whole network, from random parameters"},
     {"fine-tune", "MODEL", "a whole network, from the parameters of MODEL"},
     {"arch", "NAME", "from scratch: a built-in network, cifar_resnet20"},
     {"classes", "N", "from scratch: how many (as many as class folders)"},
     {"labels", "FILE", "from scratch: one class name per line (names of class folders)"},
     {"resize", "N|none",
      "from scratch: shorter side after an antialiased resize (as the built-in's preset)"},
     {"crop", "N|none", "from scratch: side of the centre crop (likewise)"},
     {"interpolation", "NAME", "from scratch: bilinear or bicubic (likewise)"},
     {"mean", "a,b,c", "from scratch: subtracted from channel values in 0..1 (likewise)"},
     {"std", "a,b,c", "from scratch: then divided by (likewise)"},
     {"optimiser", "sgd|adamw", "of a whole network (sgd, with Nesterov's momentum 0.9)"},
     {"precision", "NAME", "of a whole network's passes: f32, or bf16 where the processor has it (f32)"},
     {"store", "NAME",
      "weights in the file: of a whole network f32, or bf16 at half the size; of heads f32, or int8 at "
      "little "
      "over a quarter (f32)"},
     {"norms", "live|folded",
      "fine-tuning: batch norms where convolutions have none, folded again at the end, or as it is (live)"},
     kDropBlocksOption,
     kGatesOption,
     kTargetOption,
     kGateCostOption,
     kStripOption,
     {"clip", "L", "the gradient's length is brought down to L (0: as it is)"},
     {"exit-weight", "W", "of all exits' losses together beside the classifier's 1 (1)"},
     {"teacher", "MODEL", "a bigger network whose exits teach the whole network; --loss distill or erde"},
     {"entropy", "B", "with erde: weight of doubt where the teacher is wrong (0.5)"},
     {"ema", "D", "keeps the moving average of all numbers with this decay (0: none)"},
     {"augment", "shift|reflect|none",
      "images of whole networks: moved and mirrored, half of them moved and no black at their borders, or as "
      "they are "
      "(shift; reflect with --drop-blocks and --gates)"},
     {"cutout", "N", "covers a square of N pixels (none)"},
     {"mixup", "A", "mixes pairs of images by Beta(A, A) (0: none)"},
     {"log", "FILE.csv", "one row per epoch of a whole network"}},
    train};

}  // namespace dyce
