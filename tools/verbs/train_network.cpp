#include "tools/verbs/train_network.h"

#include "loaders/dataset/class_folders.h"
#include "runtime/core/text.h"
#include "search/train/network/start_network.h"
#include "search/train/network/train_network.h"
#include "tools/cli/inputs.h"
#include "tools/cli/model_argument.h"
#include "tools/cli/output_paths.h"
#include "tools/verbs/recipe.h"
#include "tools/verbs/train_blocks.h"
#include "tools/verbs/train_gates.h"
#include "tools/verbs/train_options.h"

#include <dyce/error.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <iostream>
#include <nlohmann/json.hpp>

namespace dyce {
namespace {

using nlohmann::ordered_json;
using Notice = std::function<void(const std::string&)>;

// From --labels, --classes, or class folders with names.
void set_classes(const Arguments& arguments, const std::string& data, ModelData& model) {
    namespace fs = std::filesystem;
    model.classes = static_cast<int>(arguments.integer("classes", 0, 2, 100'000));
    std::vector<std::string> folders;
    if (fs::is_directory(data) && !fs::exists(fs::path(data) / "list.csv")) folders = class_folders(data);
    if (model.classes == 0) model.classes = static_cast<int>(folders.size());
    if (model.classes < 2)
        throw Error(ErrorCode::kUsage, "--classes", "is missing: how many classes " + data + " has");
    const auto is_number = [](const std::string& name) {
        return std::all_of(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; });
    };
    const bool named = std::none_of(folders.begin(), folders.end(), is_number);
    if (const auto labels = arguments.text("labels"))
        model.labels = read_model_labels(*labels, model.classes);
    else if (named && static_cast<int>(folders.size()) == model.classes)
        model.labels = folders;
}

// A network that learns from another sees what that sees, unless flags say otherwise.
Preprocess recipe_of_new(const Arguments& arguments, const Preprocess& own, const Member* teacher) {
    bool is_told = teacher == nullptr || teacher->preprocess.height != own.height ||
                   teacher->preprocess.width != own.width;
    for (const char* option : {"resize", "crop", "interpolation", "mean", "std"})
        is_told = is_told || arguments.has(option);
    return is_told ? override_recipe(arguments, own) : teacher->preprocess;
}

ModelData start(const Arguments& arguments, const std::string& data, std::uint64_t seed,
                const Member* teacher) {
    ModelData model;
    if (arguments.has("fine-tune")) {
        refuse(arguments, {"arch", "classes", "labels", "resize", "crop", "interpolation", "mean", "std"},
               "with --fine-tune");
        const std::string source = *arguments.text("fine-tune");
        model = *load_model(source);
        expect_one_class(model, "train");
        if (model.members.size() > 1)
            throw Error(ErrorCode::kUsage, source, "is a cascade: train its members before joining them");
        for (Value& value : model.members[0].graph.values) value.quantization.reset();  // old weights' scales
        return model;
    }
    const Backbone& backbone =
        find_backbone(arguments.required("arch", "a built-in network, cifar_resnet20"));
    set_classes(arguments, data, model);
    model.members.push_back(start_network(backbone, model.classes, seed));
    model.members[0].preprocess = recipe_of_new(arguments, model.members[0].preprocess, teacher);
    return model;
}

TrainNetworkOptions network_options(const Arguments& arguments) {
    TrainNetworkOptions options;
    OptimiserOptions& optimiser = options.optimiser;
    const bool adamw = arguments.choice("optimiser", "sgd", {"sgd", "adamw"}) == "adamw";
    const double share = arguments.has("fine-tune") ? 0.1 : 1;
    optimiser.kind = adamw ? OptimiserOptions::Kind::kAdamW : OptimiserOptions::Kind::kSgd;
    optimiser.rate = arguments.real("lr", share * (adamw ? 0.002 : 0.1), 1e-9, 10);
    optimiser.decay = arguments.real("weight-decay", adamw ? 0.05 : 5e-4, 0, 10);
    optimiser.average = arguments.real("ema", 0, 0, 0.999999);
    optimiser.precision = float_of(arguments, "precision");
    optimiser.smoothing = arguments.real("smoothing", 0, 0, 0.99);
    optimiser.exits = arguments.real("exit-weight", 1, 0, 100);
    options.live_norms =
        arguments.has("fine-tune") && arguments.choice("norms", "live", {"live", "folded"}) == "live";
    optimiser.clip = arguments.real("clip", 0, 0, 1e9);
    const std::string augment = arguments.choice(
        "augment", arguments.has("drop-blocks") ? "reflect" : "shift", {"shift", "reflect", "none"});
    options.augment.shift = augment != "none";
    options.augment.reflect = augment == "reflect";
    options.augment.cutout = static_cast<int>(arguments.integer("cutout", 0, 1, 1024));
    options.augment.mixup = arguments.real("mixup", 0, 0, 1);
    const bool can_be_cut = arguments.has("drop-blocks");  // which is something, even untrained
    options.epochs =
        static_cast<int>(arguments.integer("epochs", options.epochs, can_be_cut ? 0 : 1, 100'000));
    options.batch = arguments.integer("batch", options.batch, 1, 65'536);
    options.holdout = arguments.real("holdout", options.holdout, 0, 0.9);
    options.seed = static_cast<std::uint64_t>(arguments.integer("seed", 0, 0, INT64_MAX));
    options.log = arguments.text("log", "");
    options.threads = static_cast<int>(arguments.integer("threads", 0, 1, 1024));
    const Resuming resuming = resuming_of(arguments);
    options.checkpoint = resuming.checkpoint;
    options.resume = resuming.resume;
    return options;
}

// --teacher and how to learn from it; empty without one.
std::shared_ptr<const ModelData> take_teacher(const Arguments& arguments, TrainNetworkOptions& options) {
    const auto path = arguments.text("teacher");
    if (!path) {
        refuse(arguments, {"loss", "alpha", "temperature", "entropy"}, "without --teacher");
        return nullptr;
    }
    using Kind = DistillOptions::Kind;
    DistillOptions& distill = options.optimiser.distill;
    distill.kind =
        arguments.choice("loss", "distill", {"distill", "erde"}) == "erde" ? Kind::kEntropy : Kind::kPlain;
    if (distill.kind == Kind::kPlain) refuse(arguments, {"entropy"}, "without --loss erde");
    distill.alpha = arguments.real("alpha", distill.alpha, 0, 1);
    distill.temperature = arguments.real("temperature", distill.temperature, 0.01, 100);
    distill.entropy = arguments.real("entropy", distill.entropy, 0, 100);
    auto model = load_model(*path);
    options.teacher = &model->last();
    return model;
}

double images_per_second(const TrainNetworkReport& report, std::int64_t batch) {
    return report.seconds > 0 ? static_cast<double>(report.steps * batch) / report.seconds : 0;
}

void print_table(const TrainNetworkReport& report, const Member& member, std::int64_t batch) {
    if (!report.accuracy.empty()) {
        std::fprintf(stderr, "held out: %lld images, the classifier %.2f %%\n",
                     static_cast<long long>(report.held_out), 100 * report.accuracy[0]);
        for (const ExitHead& head : member.exits.heads)
            std::fprintf(stderr, "%5d  %-20s %8.2f %%%s\n", head.site, head.type.c_str(),
                         100 * report.accuracy[static_cast<std::size_t>(head.output)],
                         head.role == HeadRole::kGate ? " run the block behind it" : "");
    }
    if (report.run)
        std::fprintf(stderr, "%s: %.1f %% of the network's run\n", report.run_unit, 100 * *report.run);
    if (report.returns > 0)
        std::fprintf(stderr, "the loss exploded %d times: the training went back and halved its rate\n",
                     report.returns);
    std::fprintf(stderr, "training: %lld steps in %.1f s, %.0f images/s\n",
                 static_cast<long long>(report.steps), report.seconds, images_per_second(report, batch));
}

void print_json(const TrainNetworkReport& report, const ModelData& model, std::int64_t batch) {
    const auto accuracy = [&](int output) {
        return report.accuracy.empty() ? ordered_json(nullptr)
                                       : ordered_json(report.accuracy[static_cast<std::size_t>(output)]);
    };
    ordered_json heads = ordered_json::array();
    for (const ExitHead& head : model.last().exits.heads)
        heads.push_back({{"site", head.site},
                         {"type", head.type},
                         {"macs", head.macs},
                         {head.role == HeadRole::kGate ? "open" : "accuracy", accuracy(head.output)}});
    ordered_json document = {{"schema", "dyce.train-network/1"},
                             {"digest", model.digest},
                             {"images", report.images},
                             {"held_out", report.held_out},
                             {"failed", report.missing},
                             {"base_accuracy", accuracy(0)},
                             {"heads", heads},
                             {"steps", report.steps},
                             {"training_seconds", report.seconds},
                             {"images_per_second", images_per_second(report, batch)}};
    if (report.run) document["run"] = *report.run;
    std::cout << document.dump(2) << "\n";
}

}  // namespace

int train_whole_network(const Arguments& arguments) {
    const std::string mode = arguments.has("fine-tune") ? "--fine-tune" : "--from-scratch";
    if (arguments.has("fine-tune") && arguments.has("from-scratch"))
        throw Error(ErrorCode::kUsage, "--from-scratch", "has no meaning with --fine-tune");
    if (!arguments.has("fine-tune"))
        refuse(arguments, {"norms", "drop-blocks", "gates", "target", "gate-cost"}, "without --fine-tune");
    if (!arguments.positionals().empty())
        throw Error(ErrorCode::kUsage, arguments.positionals()[0], "has no meaning with " + mode);
    refuse(arguments, {"passes", "cache"}, "with " + mode);
    const std::string data = data_of(arguments);
    const std::string output = output_of(arguments);
    check_outputs(arguments, {{"output", "fine-tune"}, {"checkpoint"}, {"log"}},
                  {"data", "fine-tune", "teacher", "labels", "gate-cost"});
    TrainNetworkOptions options = network_options(arguments);
    const auto teacher = take_teacher(arguments, options);
    const std::vector<HeadType> types = head_types_of(arguments, "");
    for (const HeadType& type : types)
        if (type.norm || type.class_token)
            throw Error(
                ErrorCode::kUsage, "--heads",
                in_quotes(type.name) + " given: norm- and cls- are trained on a network that stays as it is");
    if (types.empty()) refuse(arguments, {"sites"}, "without --heads");
    for (const HeadType& type : types)
        if (!type.family.is_alone())
            throw Error(ErrorCode::kUsage, "--heads",
                        in_quotes(type.name) +
                            " given: heads with something in common are trained on a network "
                            "that stays as it is");
    const bool quiet = arguments.has("quiet");
    const Notice notice = [quiet](const std::string& text) {
        if (!quiet) std::cerr << "dyce: " << text << "\n";
    };

    ModelData model = start(arguments, data, options.seed, options.teacher);
    expect_trainable(model.members[0].graph, arguments.text("fine-tune", mode));
    Member& member = model.members[0];
    if (arguments.has("store")) member.storage = float_of(arguments, "store");
    take_dropped_blocks(arguments, member, options, notice);
    take_gates(arguments, arguments.text("fine-tune", mode), member, options);
    start_heads(member, model.classes, types, sites_of(arguments, member.exits.sites.size()), options.seed,
                notice);
    const auto images = open_data(data, model);
    tell_how_to_go_on({options.checkpoint, options.resume}, false);
    Phases phases(quiet);
    std::string note;
    options.tell_run = [&](double share) {
        char text[64];
        std::snprintf(text, sizeof text, ", %.0f %% of the multiply-adds run", 100 * share);
        note = text;
    };
    const TrainNetworkReport report = train_network(
        member, *images, options,
        [&](const char* what, std::int64_t done, std::int64_t all) { phases.update(what, done, all, note); });
    if (model.configurations)
        notice("the set of configurations stored with the model is left out: it was made for other weights");
    model.configurations.reset();
    save_model(output, model);

    if (report.missing > 0) notice(std::to_string(report.missing) + " images could not be read");
    if (!quiet) print_table(report, member, options.batch);
    if (arguments.has("json")) print_json(report, *load_model(output), options.batch);
    return report.missing == 0 ? 0 : 1;
}

}  // namespace dyce
