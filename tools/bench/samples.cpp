#include "tools/bench/samples.h"

#include "runtime/core/onednn/compat.h"

#include <algorithm>
#include <chrono>
#include <fstream>
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

Samples Samples::measure(double seconds, const std::function<void()>& work,
                         const std::function<void()>& prepare) {
    Samples samples;
    for (int i = 0; i < kWarmUps; ++i) {
        prepare();
        work();
    }
    for (double spent = 0; spent < 1000 * seconds || samples.count() < kMinRuns;) {
        spent += time_ms(prepare);
        samples.sorted_.push_back(time_ms(work));
        spent += samples.sorted_.back();
    }
    std::sort(samples.sorted_.begin(), samples.sorted_.end());
    return samples;
}

double Samples::quantile(double q) const {
    const auto i = static_cast<std::size_t>(q * static_cast<double>(count()));
    return sorted_[std::min(i, count() - 1)];
}

ordered_json Samples::json() const {
    const auto quantile_or_null = [&](double q, std::size_t least) {
        return count() < least ? ordered_json(nullptr) : ordered_json(quantile(q));
    };
    return {{"median_ms", median_ms()},
            {"p90_ms", quantile_or_null(0.9, kSamplesForP90)},
            {"p99_ms", quantile_or_null(0.99, kSamplesForP99)},
            {"runs", count()},
            {"min_ms", fastest_ms()}};
}

ordered_json host_json() { return {{"cpu", cpu_name()}, {"onednn", onednn::version()}}; }

}  // namespace dyce
