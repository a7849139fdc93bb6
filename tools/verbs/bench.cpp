// dyce bench: how long a batch takes, or one operator.
#include "loaders/format/model_file.h"
#include "runtime/core/threads.h"
#include "runtime/exec/executor.h"
#include "tools/bench/kernels.h"
#include "tools/bench/samples.h"
#include "tools/bench/segments.h"
#include "tools/cli/inputs.h"
#include "tools/verbs/verbs.h"

#include <dyce/error.h>

#include <algorithm>
#include <cstdio>
#include <iostream>
#include <optional>
#include <random>

namespace dyce {
namespace {

using nlohmann::ordered_json;

ordered_json bench_one(const Graph& graph, int batch, int threads, double seconds) {
    Executor executor(CompiledModel::compile(graph, ExitTable{}, {.max_batch = batch, .threads = threads}));
    std::mt19937 random(1);
    std::normal_distribution<float> normal;
    std::vector<float> pictures(executor.input(batch).size());
    for (float& x : pictures) x = normal(random);
    const Samples samples = Samples::measure(
        seconds, [&] { executor.run(batch); },
        [&] { std::copy(pictures.begin(), pictures.end(), executor.input(batch).begin()); });
    ordered_json row = {{"batch", batch}, {"threads", threads}, {"precision", "f32"}};
    row.update(samples.json());
    row["images_per_second"] = 1000.0 * batch / samples.median_ms();
    row["segments"] = nullptr;
    return row;
}

void print_row(const ordered_json& row) {
    std::printf("%5d  %7d  %10.3f  %10.3f  %10.1f  %6zu\n", row["batch"].get<int>(),
                row["threads"].get<int>(), row["median_ms"].get<double>(), row["min_ms"].get<double>(),
                row["images_per_second"].get<double>(), row["runs"].get<std::size_t>());
    for (const auto& segment : row["segments"]) {
        std::printf("    to position %3d  %8.4f ms", segment["site"].get<int>(),
                    segment["segment_ms"].get<double>());
        for (const auto& head : segment["heads"])
            std::printf("   %s %.4f ms", head["type"].get<std::string>().c_str(), head["ms"].get<double>());
        std::printf("\n");
    }
    std::fflush(stdout);
}

int bench_model(const Arguments& arguments) {
    auto positionals = arguments.positionals();
    std::optional<Model> loaded;
    const double load_ms = time_ms([&] { loaded = take_model(positionals); });
    const Model& model = *loaded;
    if (!positionals.empty()) throw Error(ErrorCode::kUsage, positionals[0], "dyce bench takes one model");
    const double seconds = arguments.real("duration", 2, 0.01, 3600);
    const auto batches = arguments.integers("batch", {1}, 1, 4096);
    const auto threads = arguments.integers("threads", {available_threads()}, 1, 1024);

    const Graph& graph = model.data()->last().graph;
    const double compile_ms = time_ms([&] { CompiledModel::compile(graph, ExitTable{}); });

    ordered_json document = {{"schema", "dyce.bench/1"}, {"results", ordered_json::array()}};
    const bool json = arguments.has("json");
    if (!json) {
        std::printf("load %.1f ms, compile %.1f ms (batch 1)\n", load_ms, compile_ms);
        std::printf("batch  threads   median ms      min ms  pictures/s    runs\n");
    }
    for (const auto t : threads)
        for (const auto b : batches) {
            const auto batch = static_cast<int>(b), count = static_cast<int>(t);
            ordered_json row = bench_one(graph, batch, count, seconds);
            if (arguments.has("segments"))
                row["segments"] = bench_segments(*model.data(), batch, count, seconds);
            if (!json) print_row(row);
            document["results"].push_back(std::move(row));
        }
    if (!json) return 0;
    document["host"] = host_json();
    document["load_ms"] = load_ms;
    document["compile_ms"] = compile_ms;
    std::cout << document.dump(2) << "\n";
    return 0;
}

int bench(const Arguments& arguments) {
    if (!arguments.has("op") && !arguments.has("peak")) return bench_model(arguments);
    const char* chosen = arguments.has("op") ? "--op" : "--peak";
    for (const char* other : {"batch", arguments.has("op") ? "peak" : "op"})
        if (arguments.has(other)) throw Error(ErrorCode::kUsage, chosen, std::string("excludes --") + other);
    if (!arguments.positionals().empty())
        throw Error(ErrorCode::kUsage, arguments.positionals()[0], std::string(chosen) + " takes no model");
    return arguments.has("op") ? bench_operator(arguments) : bench_peak(arguments);
}

}  // namespace

const Verb kBench{
    "bench",
    "bench MODEL | bench --op DESCRIPTOR | bench --peak",
    "times whole batches, one operator, or the most this machine can compute",
    {{"batch", "N,N..", "batch sizes (1)"},
     {"threads", "N,N..", "compute threads (all that this process may use)"},
     {"duration", "S", "seconds for each combination (2)"},
     {"segments", "", "also each stretch between exit sites and each head: a cost table for dyce search"},
     {"op", "DESCRIPTOR", "one operator alone, such as n2c16h9w9_oc32k3s2p1g4_relu"},
     {"peak", "", "multiply-adds of large matrix products"}},
    bench};

}  // namespace dyce
