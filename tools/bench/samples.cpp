#include "tools/bench/samples.h"

#include "runtime/core/onednn/compat.h"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <numeric>
#include <string>

namespace dyce {
namespace {

using nlohmann::ordered_json;

constexpr int kWarmUps = 3;
constexpr std::size_t kMinRuns = 5;
constexpr std::size_t kSamplesForP90 = 64, kSamplesForP99 = 662;

std::string cpu_name() {
    std::ifstream file("/proc/cpuinfo");
    for (std::string line; std::getline(file, line);)
        if (line.rfind("model name", 0) == 0) return line.substr(line.find(':') + 2);
    return "unknown";
}

}  // namespace

double time_ms(const std::function<void()>& work) {
    const auto start = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

Samples::Samples(std::vector<double> milliseconds) : sorted_(std::move(milliseconds)) {
    std::sort(sorted_.begin(), sorted_.end());
}

Samples Samples::measure(double seconds, const std::function<void()>& work,
                         const std::function<void()>& prepare) {
    for (int i = 0; i < kWarmUps; ++i) {
        prepare();
        work();
    }
    std::vector<double> times;
    const UsageMeter meter;
    for (double spent = 0; spent < 1000 * seconds || times.size() < kMinRuns;) {
        spent += time_ms(prepare);
        times.push_back(time_ms(work));
        spent += times.back();
    }
    const Usage usage = meter.read();
    Samples samples(std::move(times));
    samples.usage_ = usage;
    return samples;
}

double Samples::per_second() const {
    return 1000.0 * static_cast<double>(count()) / (usage_.wall_ms > 0 ? usage_.wall_ms : total_ms());
}

double Samples::total_ms() const { return std::accumulate(sorted_.begin(), sorted_.end(), 0.0); }

double Samples::quantile(double q) const {
    const auto i = static_cast<std::size_t>(q * static_cast<double>(count()));
    return sorted_[std::min(i, count() - 1)];
}

std::optional<double> Samples::p90_ms() const {
    return count() < kSamplesForP90 ? std::nullopt : std::optional(quantile(0.9));
}

std::optional<double> Samples::p99_ms() const {
    return count() < kSamplesForP99 ? std::nullopt : std::optional(quantile(0.99));
}

ordered_json Samples::json() const {
    return {{"median_ms", median_ms()},         {"p90_ms", json_or_null(p90_ms())},
            {"p99_ms", json_or_null(p99_ms())}, {"runs", count()},
            {"min_ms", fastest_ms()},           {"max_ms", slowest_ms()}};
}

ordered_json json_or_null(const std::optional<double>& value) {
    return value ? ordered_json(*value) : ordered_json(nullptr);
}

ordered_json host_json() { return {{"cpu", cpu_name()}, {"onednn", onednn::version()}}; }

}  // namespace dyce
