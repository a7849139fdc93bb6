// dyce bench: how long a batch takes.
#include "graph/passes/passes.h"
#include "loaders/format/model_file.h"
#include "runtime/core/onednn/compat.h"
#include "runtime/core/threads.h"
#include "runtime/exec/executor.h"
#include "tools/cli/inputs.h"
#include "tools/verbs/verbs.h"

#include <dyce/error.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <random>

namespace dyce {
namespace {

using nlohmann::ordered_json;
using Clock = std::chrono::steady_clock;

constexpr int kWarmUps = 3;
constexpr std::size_t kMinRuns = 5;
// Fewer samples give no 95 % upper bound for these quantiles by order statistics.
constexpr std::size_t kSamplesForP90 = 64, kSamplesForP99 = 662;

double milliseconds_since(Clock::time_point start) {
    return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

/// Times of single batches in milliseconds, sorted.
std::vector<double> measure(Executor& executor, int batch, double seconds) {
    std::mt19937 random(1);
    std::normal_distribution<float> normal;
    std::vector<float> pictures(executor.input(batch).size());
    for (float& x : pictures) x = normal(random);
    const auto run_once = [&] {
        std::copy(pictures.begin(), pictures.end(), executor.input(batch).begin());
        const auto begin = Clock::now();
        executor.run(batch);
        return milliseconds_since(begin);
    };
    for (int i = 0; i < kWarmUps; ++i) run_once();
    std::vector<double> times;
    const auto start = Clock::now();
    while (milliseconds_since(start) < 1000 * seconds || times.size() < kMinRuns) times.push_back(run_once());
    std::sort(times.begin(), times.end());
    return times;
}

double quantile(const std::vector<double>& sorted, double q) {
    const auto i = static_cast<std::size_t>(q * static_cast<double>(sorted.size()));
    return sorted[std::min(i, sorted.size() - 1)];
}

ordered_json quantile_or_null(const std::vector<double>& sorted, double q, std::size_t least) {
    return sorted.size() < least ? ordered_json(nullptr) : ordered_json(quantile(sorted, q));
}

std::string cpu_name() {
    std::ifstream file("/proc/cpuinfo");
    for (std::string line; std::getline(file, line);)
        if (line.rfind("model name", 0) == 0) return line.substr(line.find(':') + 2);
    return "unknown";
}

ordered_json bench_one(const Graph& graph, int batch, int threads, double seconds) {
    Executor executor(CompiledModel::compile(graph, {.max_batch = batch, .threads = threads}));
    const auto times = measure(executor, batch, seconds);
    const double median = quantile(times, 0.5);
    return {{"batch", batch},
            {"threads", threads},
            {"precision", "f32"},
            {"median_ms", median},
            {"p90_ms", quantile_or_null(times, 0.9, kSamplesForP90)},
            {"p99_ms", quantile_or_null(times, 0.99, kSamplesForP99)},
            {"images_per_second", 1000.0 * batch / median},
            {"segments", nullptr},
            {"runs", times.size()},
            {"min_ms", times.front()}};
}

void print_row(const ordered_json& row) {
    std::printf("%5d  %7d  %10.3f  %10.3f  %10.1f  %6zu\n", row["batch"].get<int>(),
                row["threads"].get<int>(), row["median_ms"].get<double>(), row["min_ms"].get<double>(),
                row["images_per_second"].get<double>(), row["runs"].get<std::size_t>());
    std::fflush(stdout);
}

int bench(const Arguments& arguments) {
    auto positionals = arguments.positionals();
    const auto load_start = Clock::now();
    const Model model = take_model(positionals);
    if (!positionals.empty()) throw Error(ErrorCode::kUsage, positionals[0], "dyce bench takes one model");
    const double load_ms = milliseconds_since(load_start);
    const double seconds = arguments.real("duration", 2, 0.01, 3600);
    const auto batches = arguments.integers("batch", {1}, 1, 4096);
    const auto threads = arguments.integers("threads", {available_threads()}, 1, 1024);

    Graph graph = model.data()->graph;
    graph.outputs.resize(1);
    remove_dead_code(graph);
    const auto compile_start = Clock::now();
    CompiledModel::compile(graph);
    const double compile_ms = milliseconds_since(compile_start);

    ordered_json document = {{"schema", "dyce.bench/1"}, {"results", ordered_json::array()}};
    const bool json = arguments.has("json");
    if (!json) {
        std::printf("load %.1f ms, compile %.1f ms (batch 1)\n", load_ms, compile_ms);
        std::printf("batch  threads   median ms      min ms  pictures/s    runs\n");
    }
    for (const auto t : threads)
        for (const auto b : batches) {
            document["results"].push_back(
                bench_one(graph, static_cast<int>(b), static_cast<int>(t), seconds));
            if (!json) print_row(document["results"].back());
        }
    if (!json) return 0;
    document["host"] = {{"cpu", cpu_name()}, {"onednn", onednn::version()}};
    document["load_ms"] = load_ms;
    document["compile_ms"] = compile_ms;
    std::cout << document.dump(2) << "\n";
    return 0;
}

}  // namespace

const Verb kBench{"bench",
                  "bench MODEL",
                  "times whole batches",
                  {{"batch", "N,N..", "batch sizes (1)"},
                   {"threads", "N,N..", "compute threads (all that this process may use)"},
                   {"duration", "S", "seconds for each combination (2)"}},
                  bench};

}  // namespace dyce
