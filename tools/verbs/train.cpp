// dyce train: exit heads for a network, trained on labelled pictures while the network stays as it is.
#include "loaders/dataset/dataset.h"
#include "search/train/train_exits.h"
#include "tools/cli/progress.h"
#include "tools/verbs/verbs.h"

#include <dyce/error.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <numeric>
#include <optional>

namespace dyce {
namespace {

using nlohmann::ordered_json;

std::string required(const Arguments& arguments, const char* option, const char* what) {
    const auto text = arguments.text(option);
    if (!text) throw Error(ErrorCode::kUsage, std::string("--") + option, std::string("is missing: ") + what);
    return *text;
}

std::vector<HeadType> types_of(const Arguments& arguments) {
    std::vector<HeadType> types;
    for (const std::string& name : split(arguments.text("heads", "linear,grid4-mlp2x128"), ',')) {
        const auto type = parse_head_type(name);
        const auto is_same = [&](const HeadType& other) { return other.name == name; };
        if (!type)
            throw Error(ErrorCode::kUsage, "--heads",
                        "\"" + name + "\" given, expected types like linear, mlp3x500 or grid4-mlp2x128");
        if (std::any_of(types.begin(), types.end(), is_same))
            throw Error(ErrorCode::kUsage, "--heads", "\"" + name + "\" is there twice");
        types.push_back(*type);
    }
    return types;
}

std::vector<int> sites_of(const Arguments& arguments, std::size_t count) {
    std::vector<int> sites(count);
    std::iota(sites.begin(), sites.end(), 0);
    const std::string text = arguments.text("sites", "all");
    if (text == "all") return sites;
    sites.clear();
    for (const std::string& site : split(text, ','))
        sites.push_back(
            static_cast<int>(parse_integer(site, "--sites", 0, static_cast<std::int64_t>(count) - 1)));
    std::sort(sites.begin(), sites.end());
    if (std::adjacent_find(sites.begin(), sites.end()) != sites.end())
        throw Error(ErrorCode::kUsage, "--sites", "\"" + text + "\" names a site twice");
    return sites;
}

TrainExitsOptions options_of(const Arguments& arguments) {
    TrainExitsOptions options;
    TrainingOptions& training = options.training;
    const bool distil = arguments.choice("loss", "distill", {"distill", "ce"}) == "distill";
    for (const char* option : {"alpha", "temperature"})
        if (!distil && arguments.has(option))
            throw Error(ErrorCode::kUsage, std::string("--") + option, "has no meaning with --loss ce");
    training.loss.alpha = distil ? arguments.real("alpha", training.loss.alpha, 0, 1) : 1;
    training.loss.temperature = arguments.real("temperature", training.loss.temperature, 0.01, 100);
    training.loss.smoothing = arguments.real("smoothing", 0, 0, 0.99);
    training.epochs = static_cast<int>(arguments.integer("epochs", training.epochs, 1, 100'000));
    training.batch = arguments.integer("batch", training.batch, 1, 65'536);
    training.rate = arguments.real("lr", training.rate, 1e-9, 10);
    training.decay = arguments.real("weight-decay", training.decay, 0, 10);
    training.seed = static_cast<std::uint64_t>(arguments.integer("seed", 0, 0, INT64_MAX));
    options.passes = static_cast<int>(arguments.integer("passes", options.passes, 1, 1000));
    options.holdout = arguments.real("holdout", options.holdout, 0, 0.9);
    options.cache = arguments.text("cache", "");
    options.checkpoint = arguments.text("checkpoint", "");
    options.resume = arguments.has("resume");
    if (options.resume && options.checkpoint.empty())
        throw Error(ErrorCode::kUsage, "--resume", "needs --checkpoint FILE to go on from");
    options.threads = static_cast<int>(arguments.integer("threads", 0, 1, 1024));
    return options;
}

// One line a phase: features, then steps.
class Phases {
public:
    explicit Phases(bool quiet) : quiet_(quiet) {}

    void update(const std::string& what, std::int64_t done, std::int64_t all) {
        if (what != what_) progress_.emplace(what_ = what, static_cast<std::size_t>(all), quiet_);
        progress_->update(static_cast<std::size_t>(done));
    }

private:
    bool quiet_;
    std::string what_;
    std::optional<Progress> progress_;
};

void print_table(const TrainExitsReport& report) {
    if (report.held_out > 0) {
        std::fprintf(stderr, "held out: %lld pictures, the network itself %.2f %%\n",
                     static_cast<long long>(report.held_out), 100 * report.classifier_accuracy);
        std::fprintf(stderr, "%5s  %-20s %10s %10s %9s\n", "site", "type", "MACs", "accuracy", "loss");
        for (const auto& head : report.heads)
            std::fprintf(stderr, "%5d  %-20s %10lld %8.2f %% %9.4f\n", head.site, head.type.c_str(),
                         static_cast<long long>(head.macs), 100 * head.held_out.accuracy, head.held_out.loss);
    }
    std::fprintf(stderr, "features: %lld rows in %.1f s; training: %zu heads in %.1f s\n",
                 static_cast<long long>(report.feature_rows), report.feature_seconds, report.heads.size(),
                 report.training_seconds);
}

void print_json(const TrainExitsReport& report, const ModelData& model) {
    const auto or_null = [&](double value) {
        return report.held_out > 0 ? ordered_json(value) : ordered_json(nullptr);
    };
    ordered_json heads = ordered_json::array();
    for (const auto& head : report.heads)
        heads.push_back({{"site", head.site},
                         {"type", head.type},
                         {"macs", head.macs},
                         {"accuracy", or_null(head.held_out.accuracy)},
                         {"loss", or_null(head.held_out.loss)}});
    const ordered_json document = {{"schema", "dyce.train/1"},
                                   {"digest", model.digest},
                                   {"images", report.pictures},
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
    if (arguments.positionals().size() != 1)
        throw Error(ErrorCode::kUsage, "MODEL",
                    std::to_string(arguments.positionals().size()) + " files given, expected one");
    const std::string source = arguments.positionals()[0];
    const std::string data = required(arguments, "data", "a folder, a .csv or another data set");
    const std::string output = required(arguments, "output", "-o OUT.safetensors");
    if (!output.ends_with(".safetensors"))
        throw Error(ErrorCode::kUsage, "--output",
                    "\"" + output + "\" given, expected a name ending in .safetensors");
    const auto types = types_of(arguments);
    TrainExitsOptions options = options_of(arguments);
    options.scratch = std::filesystem::path(output).parent_path().string();

    ModelData model = *load_model(source);
    if (model.members.size() > 1)
        throw Error(ErrorCode::kUsage, source, "is a cascade: train its members before joining them");
    Member& member = model.members[0];
    const bool quiet = arguments.has("quiet");
    const auto notice = [&](const std::string& text) {
        if (!quiet) std::cerr << "dyce: " << text << "\n";
    };
    const auto heads = plan_heads(member, types, sites_of(arguments, member.exits.sites.size()), notice);
    if (heads.empty()) throw Error(ErrorCode::kUsage, "--heads", "no head fits any site");
    const auto pictures = open_dataset(data, {.count = model.classes, .names = model.labels});

    Phases phases(quiet);
    const TrainExitsReport report = train_exits(
        member, *pictures, heads, options,
        [&](const char* what, std::int64_t done, std::int64_t all) { phases.update(what, done, all); });
    if (model.configurations)
        notice("the set of configurations stored with the model is left out: it was made for other heads");
    model.configurations.reset();
    save_model(output, model);

    if (report.missing > 0) notice(std::to_string(report.missing) + " pictures could not be read");
    if (!quiet) print_table(report);
    if (arguments.has("json")) print_json(report, *load_model(output));
    return report.missing == 0 ? 0 : 1;
}

}  // namespace

const Verb kTrain{"train",
                  "train MODEL --data X -o OUT.safetensors",
                  "trains exit heads on the frozen network",
                  {{"o,output", "FILE", "the model with its heads (replaced atomically; may be MODEL)"},
                   {"data", "X", "labelled pictures, as for eval"},
                   {"heads", "TYPE,..", "linear, mlpLxH, gridG-.. (linear,grid4-mlp2x128)"},
                   {"sites", "all|0,3,..", "where (all)"},
                   {"epochs", "N", "times all rows are seen (8)"},
                   {"passes", "K", "rows a picture: one plain, the others shifted and mirrored (3)"},
                   {"loss", "distill|ce", "labels and the network's own answers, or labels only (distill)"},
                   {"alpha", "A", "share of the labels in distill (0.5)"},
                   {"temperature", "T", "softens the network's answers (1)"},
                   {"smoothing", "S", "share of each label that is spread over all classes (0)"},
                   {"holdout", "H", "share of the pictures kept for judging the heads (0.1)"},
                   {"batch", "N", "rows a step (256)"},
                   {"lr", "X", "learning rate at its peak (0.002)"},
                   {"weight-decay", "X", "of AdamW (0.3)"},
                   {"cache", "DIR", "keeps the features there and takes them from there"},
                   {"checkpoint", "FILE", "keeps how far training has come there"},
                   {"resume", "", "goes on from the checkpoint"},
                   {"seed", "S", "of everything random (0)"},
                   {"threads", "N", "compute threads (all that this process may use)"}},
                  train};

}  // namespace dyce
