#include "tools/bench/kernels.h"

#include "graph/builder.h"
#include "models/window_case.h"
#include "runtime/core/threads.h"
#include "tools/bench/kernel_run.h"
#include "tools/bench/samples.h"

#include <dyce/error.h>

#include <algorithm>
#include <cstdio>
#include <iostream>

namespace dyce {
namespace {

using nlohmann::ordered_json;

std::vector<std::int64_t> threads_of(const Arguments& arguments) {
    return arguments.integers("threads", {available_threads()}, 1, 1024);
}

/// Billions of operations a second; a multiply-add is two.
double gflops(std::int64_t macs, double ms) { return 2e-6 * static_cast<double>(macs) / ms; }

Graph graph_of(const WindowCase& row) {
    try {
        return row.graph();
    } catch (const Error& error) {  // what does not fit was typed, not read from a file
        if (error.code() != ErrorCode::kContent) throw;
        throw Error(ErrorCode::kUsage, "--op", error.message());
    }
}

/// Square matrix products that are large enough for kernels to run at full speed and small enough for the
/// caches of one core. Which of them is the fastest differs between processors.
constexpr std::int64_t kPeakSides[] = {256, 512, 1024};

Graph product(std::int64_t side) {
    GraphBuilder builder(false);
    const Shape square{side, side};
    Tensor weights(DataType::kFloat32, square);
    std::fill_n(weights.mutable_data<float>(), weights.elements(), 0.5F);
    const ValueId input = builder.input("input", {DataType::kFloat32, square});
    builder.output(builder.add("MatMul", {input, builder.constant("weights", weights)}));
    return std::move(builder).build();
}

void print_json(const ordered_json& fields) {
    ordered_json document = {{"schema", "dyce.bench/1"}};
    document.update(fields);
    document["host"] = host_json();
    std::cout << document.dump(2) << "\n";
}

void print_kernel(const ordered_json& row) {
    const auto number = [&](const char* key) {
        char text[32] = "-";
        if (!row[key].is_null()) std::snprintf(text, sizeof text, "%.4g", row[key].get<double>());
        return std::string(text);
    };
    std::printf("%7d  %10s  %10s  %10s  %7zu  %s\n", row["threads"].get<int>(), number("median_ms").c_str(),
                number("p90_ms").c_str(), number("gflops").c_str(), row["runs"].get<std::size_t>(),
                row["implementation"].get<std::string>().c_str());
    std::fflush(stdout);
}

}  // namespace

int bench_operator(const Arguments& arguments) {
    const std::string text = *arguments.text("op");
    const WindowCase row(text);
    const Graph graph = graph_of(row);
    const std::int64_t macs = count_macs(graph);
    const double seconds = arguments.real("duration", 2, 0.01, 3600);
    ordered_json results = ordered_json::array();
    const bool json = arguments.has("json");
    if (!json) std::printf("threads   median ms      p90 ms     GFLOP/s     runs  implementation\n");
    for (const std::int64_t threads : threads_of(arguments)) {
        KernelRun kernel(graph, static_cast<int>(threads));
        const Samples samples = Samples::measure(seconds, [&] { kernel.run(); });
        ordered_json result = {{"op", text},
                               {"implementation", kernel.implementation()},
                               {"batch", row.input[0]},
                               {"threads", threads},
                               {"precision", "f32"}};
        result.update(samples.json());
        result["images_per_second"] = static_cast<double>(row.input[0]) * samples.per_second();
        result["usage"] = samples.usage().json(static_cast<int>(threads));
        result["macs"] = macs;
        result["gflops"] = macs > 0 ? ordered_json(gflops(macs, samples.median_ms())) : ordered_json(nullptr);
        result["segments"] = nullptr;
        if (!json) print_kernel(result);
        results.push_back(std::move(result));
    }
    if (json) print_json({{"results", results}});
    return 0;
}

int bench_peak(const Arguments& arguments) {
    const double seconds = arguments.real("duration", 2, 0.01, 3600) / std::size(kPeakSides);
    ordered_json rows = ordered_json::array();
    for (const std::int64_t threads : threads_of(arguments)) {
        double best = 0;
        for (const std::int64_t side : kPeakSides) {
            KernelRun kernel(product(side), static_cast<int>(threads));
            const Samples samples = Samples::measure(seconds, [&] { kernel.run(); });
            best = std::max(best, gflops(side * side * side, samples.fastest_ms()));
        }
        rows.push_back({{"threads", threads}, {"precision", "f32"}, {"gflops", best}});
        if (!arguments.has("json"))
            std::printf("%3d threads  %8.1f GFLOP/s\n", static_cast<int>(threads), best);
    }
    if (arguments.has("json")) print_json({{"results", ordered_json::array()}, {"peak", rows}});
    return 0;
}

}  // namespace dyce
