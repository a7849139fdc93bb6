// dyce bench: how long a batch takes, or one operator.
#include "runtime/core/parallel.h"
#include "runtime/core/threads.h"
#include "runtime/exec/executor.h"
#include "runtime/session/engine.h"
#include "runtime/session/model_access.h"
#include "tools/bench/configurations.h"
#include "tools/bench/decoding.h"
#include "tools/bench/kernels.h"
#include "tools/bench/samples.h"
#include "tools/bench/stage_latencies.h"
#include "tools/bench/switching.h"
#include "tools/cli/budget_options.h"
#include "tools/cli/inputs.h"
#include "tools/cli/memory_limit.h"
#include "tools/cli/model_argument.h"
#include "tools/verbs/bench_energy.h"
#include "tools/verbs/verbs.h"

#include <dyce/error.h>

#include <algorithm>
#include <cstdio>
#include <iostream>
#include <memory>
#include <optional>
#include <random>

namespace dyce {
namespace {

using nlohmann::ordered_json;

Samples time_backbone(const std::shared_ptr<const CompiledModel>& model, const BenchSetting& setting) {
    const int batch = setting.batch;
    Executor executor(model);
    std::mt19937 random(1);
    std::normal_distribution<float> normal;
    std::vector<float> images(executor.input(batch).size());
    for (float& x : images) x = normal(random);
    return Samples::measure(
        setting.seconds, [&] { executor.run(batch); },
        [&] { std::copy(images.begin(), images.end(), executor.input(batch).begin()); });
}

// The backbone alone, on noise.
ordered_json bench_backbone(const Graph& graph, const BenchSetting& setting) {
    const auto model = CompiledModel::compile(graph, ExitTable{}, setting.compile_options());
    const auto workers = static_cast<std::size_t>(setting.workers);
    std::vector<std::optional<Samples>> times(workers);
    const UsageMeter meter;
    parallel_for(workers, setting.workers,
                 [&](std::size_t worker, std::size_t) { times[worker] = time_backbone(model, setting); });
    const Usage usage = meter.read();
    std::vector<double> all;
    double per_second = 0;
    for (const auto& own : times) {
        all.insert(all.end(), own->sorted().begin(), own->sorted().end());
        per_second += own->per_second();
    }
    ordered_json row = setting.json();
    row.update(Samples(std::move(all)).json());
    row["images_per_second"] = setting.batch * per_second;
    row["usage"] = usage.json(setting.threads * setting.workers);
    row["segments"] = nullptr;
    return row;
}

std::vector<std::int64_t> batches_of(const Arguments& arguments) {
    return arguments.integers("batch", {1}, 1, 4096);
}

std::int64_t largest_batch(const Arguments& arguments) {
    const auto batches = batches_of(arguments);
    return *std::max_element(batches.begin(), batches.end());
}

// What the command line asks to be timed, for one batch size and number of threads at a time.
class Bench {
public:
    Bench(const Arguments& arguments, Model model) : arguments_(arguments), model_(std::move(model)) {
        const bool has_images = arguments.has("config") || arguments.has("switch") || has_budget(arguments);
        exclude_budget(arguments, {"workers", "switch", "segments"});
        if (arguments.has("workers") && (has_images || arguments.has("segments")))
            throw Error(ErrorCode::kUsage, "--workers", "excludes --config, --switch and --segments");
        for (const char* option : {"data", "limit"})
            if (arguments.has(option) && !has_images)
                throw Error(ErrorCode::kUsage, std::string("--") + option,
                            "needs --config or --switch, or a budget");
        if (!has_images) return;
        for (const std::string& text : arguments.list("config"))
            configurations_.push_back(named_configuration(text, model_));
        if (has_budget(arguments) && configurations_.empty()) configurations_.emplace_back();
        if (arguments.has("segments"))
            throw Error(ErrorCode::kUsage, "--segments", "excludes --config and --switch");
        const auto data = arguments.text("data");
        if (!data && !arguments.has("switch"))
            throw Error(ErrorCode::kUsage, "--data", "is missing: exits are timed on images");
        if (!data && arguments.has("limit")) throw Error(ErrorCode::kUsage, "--limit", "needs --data");
        images_ = data ? load_spread(*data, *ModelAccess::data(model_),
                                     arguments.integer("limit", 1000, 1, 1'000'000))
                       : noise_images(*ModelAccess::data(model_), largest_batch(arguments));
        if (!arguments.has("switch")) prepared_.emplace(*ModelAccess::data(model_), images_);
    }

    ordered_json rows(const BenchSetting& setting) const {
        if (prepared_) return bench_configurations(model_, *prepared_, configurations_, setting);
        ordered_json row;
        if (arguments_.has("switch"))
            row = bench_switching(model_, images_, configurations_, setting);
        else
            row = bench_backbone(ModelAccess::data(model_)->last().graph, setting);
        if (arguments_.has("segments")) row["segments"] = bench_stages(*ModelAccess::data(model_), setting);
        return ordered_json::array({std::move(row)});
    }

private:
    const Arguments& arguments_;
    Model model_;
    std::vector<Configuration> configurations_;
    std::vector<Image> images_;
    std::optional<PreparedImages> prepared_;
};

std::string milliseconds(const ordered_json& value) {
    char text[32] = "-";
    if (!value.is_null()) std::snprintf(text, sizeof text, "%.3f", value.get<double>());
    return text;
}

// Times taken beside other programs say little: what of the processors this one got.
std::string busy_note(const ordered_json& row) {
    const ordered_json& usage = row["usage"];
    if (!usage["busy"].get<bool>()) return {};
    const double share = usage["processor_ms"].get<double>() / usage["wall_ms"].get<double>() /
                         (row["threads"].get<int>() * row["workers"].get<int>());
    char text[120];
    std::snprintf(text, sizeof text,
                  "  machine busy: other programs made it wait %ld times, it got %.0f %% of its processors",
                  usage["involuntary_switches"].get<long>(), 100 * share);
    return text;
}

void print_row(const ordered_json& row) {
    std::printf("%5d  %7d  %10s %10s %10s %10s %10s  %10.1f  %6zu", row["batch"].get<int>(),
                row["threads"].get<int>(), milliseconds(row["median_ms"]).c_str(),
                milliseconds(row["p90_ms"]).c_str(), milliseconds(row["p99_ms"]).c_str(),
                milliseconds(row["min_ms"]).c_str(), milliseconds(row["max_ms"]).c_str(),
                row["images_per_second"].get<double>(), row["runs"].get<std::size_t>());
    if (row.contains("configuration")) std::printf("  %s", row["configuration"].get<std::string>().c_str());
    if (row.contains("time_saving") && !row["time_saving"].is_null())
        std::printf(": saves %.1f %% of the multiply-adds, %.1f %% of the time",
                    100 * row["mac_saving"].get<double>(), 100 * row["time_saving"].get<double>());
    if (row.contains("switch"))
        std::printf("  %.0f switches per second take %.1f us each; p99 with them %s ms",
                    row["switch"]["per_second"].get<double>(), row["switch"]["median_us"].get<double>(),
                    milliseconds(row["switch"]["batches"]["p99_ms"]).c_str());
    std::printf("%s\n", busy_note(row).c_str());
    for (const auto& stage : row["segments"]) {
        std::printf("    to position %3d  %8.4f ms", stage["site"].get<int>(),
                    stage["segment_ms"].get<double>());
        for (const auto& head : stage["heads"])
            std::printf("   %s %.4f ms", head["type"].get<std::string>().c_str(), head["ms"].get<double>());
        std::printf("\n");
    }
    std::fflush(stdout);
}

// What is timed is what fits.
void limit_memory(BenchSetting& setting, std::size_t limit, const Model& model) {
    setting.max_memory = limit;
    if (limit == 0) return;
    const Engine engine(model, setting.session_options());
    setting.saves_memory = engine.economy() >= Economy::kKernels;
    if (engine.max_batch() < static_cast<std::size_t>(setting.batch))
        throw Error(ErrorCode::kResource, "--batch",
                    std::to_string(setting.batch) +
                        " given, but --max-memory leaves images to be computed one by one");
}

int bench_model(const Arguments& arguments) {
    std::optional<Model> loaded;
    const double load_ms = time_ms([&] { loaded = only_model(arguments, "bench"); });
    const Model model = with_given_set(arguments, *loaded);
    exclude_budget(arguments, {"energy-trace", "decode"});
    if (arguments.has("energy-trace")) return bench_energy(arguments, model);
    if (arguments.has("decode")) return bench_decoding(arguments, model);
    const double seconds = arguments.real("duration", 2, 0.01, 3600);
    const auto batches = batches_of(arguments);
    const auto threads = arguments.integers("threads", {available_threads()}, 1, 1024);
    const Precision precision = precision_of(arguments);
    const TuneGoal goal = goal_of(arguments);
    const int workers = static_cast<int>(arguments.integer("workers", 1, 1, 1024));
    const BenchSetting first{
        static_cast<int>(batches[0]), static_cast<int>(threads[0]), 1, precision, goal, seconds,
        max_memory_of(arguments)};
    ClassifyOptions budgets;
    set_budget(arguments, budgets);
    const StageCosts stage_ms = stage_times_of(arguments, model);
    ordered_json memory;  // of a process that has not computed yet
    if (arguments.has("json")) memory = measure_memory(model, first.session_options()).json();
    const Bench bench(arguments, model);
    const double compile_ms =
        time_ms([&] { CompiledModel::compile(ModelAccess::data(model)->last().graph, ExitTable{}); });

    ordered_json document = {{"schema", "dyce.bench/1"}, {"results", ordered_json::array()}};
    const bool json = arguments.has("json");
    if (!json) {
        std::printf("load %.1f ms, compile %.1f ms (batch 1)\n", load_ms, compile_ms);
        std::printf(
            "batch  threads   median ms     p90 ms     p99 ms     min ms     max ms  images/s    runs\n");
    }
    for (const auto t : threads)
        for (const auto b : batches) {
            BenchSetting setting{static_cast<int>(b), static_cast<int>(t), workers, precision, goal, seconds};
            setting.budget_macs = budgets.budget_macs;
            setting.budget_ms = budgets.budget_ms;
            setting.stage_ms = stage_ms;
            limit_memory(setting, max_memory_of(arguments), model);
            for (auto& row : bench.rows(setting)) {
                if (!json) print_row(row);
                document["results"].push_back(std::move(row));
            }
        }
    if (!json) return 0;
    document["memory"] = memory;
    document["host"] = host_json();
    document["load_ms"] = load_ms;
    document["compile_ms"] = compile_ms;
    std::cout << document.dump(2) << "\n";
    return 0;
}

int bench(const Arguments& arguments) {
    if (!arguments.has("op") && !arguments.has("peak")) return bench_model(arguments);
    const char* chosen = arguments.has("op") ? "--op" : "--peak";
    for (const char* other : {"batch", "budget-macs", "budget-ms", arguments.has("op") ? "peak" : "op"})
        if (arguments.has(other)) throw Error(ErrorCode::kUsage, chosen, std::string("excludes --") + other);
    if (!arguments.positionals().empty())
        throw Error(ErrorCode::kUsage, arguments.positionals()[0], std::string(chosen) + " takes no model");
    return arguments.has("op") ? bench_operator(arguments) : bench_peak(arguments);
}

}  // namespace

const Verb kBench{
    "bench",
    "bench [MODEL] [--data X --config SET | --switch [--data X] | --decode X] | bench --op DESCRIPTOR | "
    "bench "
    "--peak",
    "times whole batches, configurations, images, one operator, or the most this machine can compute",
    {{"batch", "N,N..", "batch sizes (1)"},
     {"threads", "N,N..", "compute threads (all that this process may use)"},
     kPrecisionOption,
     kTuneOption,
     {"workers", "N", "batches of the backbone alone at the same time, each with so many threads (1)"},
     {"duration", "S", "seconds for each combination (2)"},
     {"config", "SET[:NAME]", "also under this configuration, in alternation with exits off; may be repeated",
      true},
     {"switch", "", "without and with 1,000 switches per second, among --config or to the same"},
     {"data", "X",
      "the images that configurations and switches are timed on, as for dyce eval (switches: noise)"},
     {"limit", "N", "how many of them, evenly spread (1000)"},
     kBudgetMacsOption,
     kBudgetMsOption,
     kTimesOption,
     {"segments", "", "also each stage between exit sites and each head: a cost table for dyce search"},
     {"decode", "IMAGE|FOLDER", "what images cost before the network: decoding, and preparing for it"},
     {"r,recursive", "", "with --decode: also images in sub-folders"},
     kMaxMemoryOption,
     {"energy-trace", "CSV:capacity=J,cost=FILE[,watts=W][,charge=J]",
      "replays harvested energy (seconds,watts) against a simulated store, with --data: who is answered "
      "where; costs "
      "by bench --segments --json, or joules"},
     {"op", "DESCRIPTOR", "one operator alone, such as n2c16h9w9_oc32k3s2p1g4_relu"},
     {"peak", "", "multiply-adds of large matrix products"}},
    bench};

}  // namespace dyce
