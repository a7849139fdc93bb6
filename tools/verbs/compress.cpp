// dyce compress: a network that takes no more than so many bytes; and back to plain numbers.
#include "search/compress/compress.h"

#include "graph/exits/gates.h"
#include "graph/passes/passes.h"
#include "tools/cli/inputs.h"
#include "tools/cli/model_argument.h"
#include "tools/cli/output_paths.h"
#include "tools/verbs/compress_report.h"
#include "tools/verbs/train_options.h"
#include "tools/verbs/verbs.h"

#include <dyce/error.h>

#include <cmath>
#include <iostream>

namespace dyce {
namespace {

using Notice = std::function<void(const std::string&)>;

[[noreturn]] void misuse(const std::string& where, const std::string& message) {
    throw Error(ErrorCode::kUsage, where, message);
}

// The only member, without what belongs to its old weights.
void strip(ModelData& model, const std::string& path, const Notice& notice) {
    expect_one_class(model, "compress");
    if (model.members.size() > 1) misuse(path, "is a cascade: compress its members before joining them");
    Member& member = model.members[0];
    const auto& heads = member.exits.heads;
    if (has_gates(member.exits)) misuse(path, "has gates: compress the network before they are trained");
    if (!heads.empty())
        notice("its " + std::to_string(heads.size()) + " exit heads are dropped: train them on OUT");
    if (model.configurations) notice("its set of configurations is dropped: it belongs to other weights");
    model.configurations.reset();
    member.exits.heads.clear();
    member.graph.outputs.resize(1);
    remove_dead_code(member.graph);
    member.exits.sites = find_again(member.graph, member.exits.sites);
    bool scaled = false;
    for (Value& value : member.graph.values) {
        scaled = scaled || value.quantization.has_value();
        value.quantization.reset();
    }
    if (scaled) notice("its scales for int8 are dropped: `dyce quantize` measures those of OUT");
}

CompressOptions compress_options(const Arguments& arguments) {
    CompressOptions options;
    const double kilobytes = arguments.real("target-kb", 0, 0, 1e9);
    if (!arguments.has("target-kb"))
        misuse("--target-kb", "is missing: how many thousand bytes OUT may take");
    if (kilobytes <= 0) misuse("--target-kb", "0 given, expected a number above it");
    options.target_bytes = static_cast<std::uint64_t>(std::floor(kilobytes * 1000));
    const std::string store = arguments.choice("store", "int8", {"int8", "bf16", "f32"});
    options.store = store == "int8"   ? StoredNumbers::kInt8
                    : store == "bf16" ? StoredNumbers::kBfloat16
                                      : StoredNumbers::kFloat32;
    const std::string factors = arguments.choice("factorise", "auto", {"auto", "on", "off"});
    options.factorise = factors == "on"    ? Factorise::kWhereSmaller
                        : factors == "off" ? Factorise::kNever
                                           : Factorise::kWhereCheap;
    options.for_time = arguments.choice("for", "size", {"size", "time"}) == "time";
    options.gradual = arguments.choice("schedule", "gradual", {"gradual", "one-shot"}) == "gradual";
    options.epochs = static_cast<int>(arguments.integer("epochs", options.epochs, 1, 100'000));
    options.batch = arguments.integer("batch", options.batch, 1, 65'536);
    options.rate = arguments.real("lr", options.rate, 1e-9, 10);
    options.alpha = arguments.real("alpha", options.alpha, 0, 1);
    options.temperature = arguments.real("temperature", options.temperature, 0.01, 100);
    options.max_drop = arguments.real("max-drop", 100 * options.max_drop, 0, 100) / 100;
    options.holdout = arguments.real("holdout", arguments.has("judge") ? 0 : options.holdout, 0, 0.9);
    if (options.holdout == 0 && !arguments.has("judge"))
        misuse("--holdout", "0 needs --judge: something has to judge");
    options.precision = float_of(arguments, "precision");
    options.seed = static_cast<std::uint64_t>(arguments.integer("seed", 0, 0, INT64_MAX));
    options.threads = static_cast<int>(arguments.integer("threads", 0, 1, 1024));
    const Resuming resuming = resuming_of(arguments);
    options.checkpoint = resuming.checkpoint;
    options.resume = resuming.resume;
    return options;
}

// Every tensor as it is: what other programs read.
int expand(const Arguments& arguments, const std::string& source, const std::string& output) {
    for (const char* option :
         {"target-kb", "data", "judge", "teacher", "checkpoint", "resume", "force", "store", "for"})
        refuse(arguments, {option}, "with --expand");
    check_outputs(arguments, {{"output"}});
    ModelData model = *load_model(source);
    for (Member& member : model.members) {
        member.storages.clear();
        member.storage = Precision::kFloat32;
    }
    save_model(output, model);
    if (!arguments.has("quiet")) std::cerr << output << ": " << size_of_model(model).all() << " bytes\n";
    return 0;
}

int compress_verb(const Arguments& arguments) {
    const std::string source = arguments.only_positional("MODEL");
    const std::string output = output_of(arguments);
    if (arguments.has("expand")) return expand(arguments, source, output);
    const std::string data = data_of(arguments);
    check_outputs(arguments, {{"output", kPositionals}, {"checkpoint"}}, {"data", "judge", "teacher"});
    CompressOptions options = compress_options(arguments);
    const bool quiet = arguments.has("quiet");
    const Notice notice = [quiet](const std::string& text) {
        if (!quiet) std::cerr << "dyce: " << text << "\n";
    };
    options.notice = notice;
    ModelData model = *load_model(source);
    strip(model, source, notice);
    expect_trainable(model.members[0].graph, source);
    std::optional<ModelData> teacher;
    if (const auto path = arguments.text("teacher")) {
        teacher = *load_model(*path);
        strip(*teacher, *path, [](const std::string&) {});
        options.teacher = &teacher->members[0];
    }
    const auto images = open_data(data, model);
    const auto judges = arguments.has("judge") ? open_data(*arguments.text("judge"), model) : nullptr;
    options.judges = judges.get();
    tell_how_to_go_on({options.checkpoint, options.resume}, false);
    Phases phases(quiet);
    const CompressReport report = compress(
        model, *images, options,
        [&](const char* what, std::int64_t done, std::int64_t all) { phases.update(what, done, all); });
    if (report.missing > 0) notice(std::to_string(report.missing) + " images could not be read");
    if (!quiet) print_report(report);
    const bool is_good = report.fits && report.drop <= options.max_drop;
    const bool is_written = is_good || (arguments.has("force") && report.fits);
    if (is_written) save_model(output, model);
    if (arguments.has("json")) print_report_json(report, is_written ? load_model(output)->digest : "");
    if (!is_good)
        notice((is_written ? "written all the same: " : output + " is not written: ") +
               verdict(report, options));
    return is_good && report.missing == 0 ? 0 : 1;
}

}  // namespace

const Verb kCompress{
    "compress",
    "compress MODEL --target-kb N --data X -o OUT.safetensors | --expand IN -o OUT.safetensors",
    "makes a network that takes so many bytes: fewer weights and fewer bits, with training",
    {{"o,output", "FILE", "the small model (replaced atomically; may be MODEL)"},
     {"target-kb", "N", "thousands of bytes of OUT, header and all"},
     kDataOption,
     {"store", "NAME", "what weights are stored as: int8, bf16 or f32 (int8)"},
     {"factorise", "NAME", "three small convolutions for one: where it costs little (auto), on or off"},
     {"for", "NAME", "what factors have to save: size (bytes), or time: a layer's, too (size)"},
     {"schedule", "NAME", "when weights go: gradual, or one-shot before the training (gradual)"},
     {"epochs", "N", "of the training (20)"},
     {"batch", "N", "images a step (128)"},
     {"lr", "X", "learning rate at its peak (0.02)"},
     {"teacher", "MODEL", "whose answers are learnt (MODEL as it was)"},
     {"alpha", "A", "share of the labels beside them (0.3)"},
     {"temperature", "T", "softens the answers (4)"},
     {"max-drop", "P",
      "points of accuracy that may be lost (2); beyond, the exit code is 1 and nothing is written"},
     {"force", "", "writes OUT even then"},
     {"judge", "X", "images to judge by, best those that MODEL has not learnt from (those held out)"},
     {"holdout", "H", "share of --data that takes no part in training (0.1; with --judge 0)"},
     {"precision", "NAME", "of the passes: f32, or bf16 where the processor has it (f32)"},
     kCheckpointOption,
     kResumeOption,
     kSeedOption,
     {"expand", "", "the other way: writes every tensor of a model plainly; same digest, same answers"},
     kThreadsOption},
    compress_verb};

}  // namespace dyce
