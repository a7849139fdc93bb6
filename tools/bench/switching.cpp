#include "tools/bench/switching.h"

#include "tools/bench/samples.h"

#include <dyce/error.h>
#include <dyce/session.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <random>
#include <string>
#include <thread>

namespace dyce {
namespace {

using nlohmann::ordered_json;

constexpr auto kSwitchEvery = std::chrono::milliseconds(1);
constexpr std::size_t kStretch = 100;  // batches until switching begins or stops

// Switches a session while it lives. Owns its thread; `times` belongs to that until it is gone.
class Switcher {
public:
    Switcher(Session& session, const std::vector<Configuration>& configurations, std::vector<double>& times)
        : thread_([this, &session, &configurations, &times] {
              std::mt19937 random(static_cast<unsigned>(times.size()));
              // Once at least: on a busy machine the batches may be done before this thread begins.
              auto next = std::chrono::steady_clock::now();
              do {
                  const Configuration& chosen = configurations[random() % configurations.size()];
                  times.push_back(time_ms([&] { session.set_configuration(chosen); }));
                  std::this_thread::sleep_until(next += kSwitchEvery);
              } while (!is_over_);
          }) {}
    ~Switcher() {
        is_over_ = true;
        thread_.join();
    }
    Switcher(const Switcher&) = delete;
    Switcher& operator=(const Switcher&) = delete;

private:
    std::atomic<bool> is_over_{false};
    std::thread thread_;
};

std::vector<std::vector<Image>> in_batches(const std::vector<Image>& images, int size) {
    std::vector<std::vector<Image>> batches;
    for (auto rest = images.begin(); images.end() - rest >= size; rest += size)
        batches.emplace_back(rest, rest + size);
    if (batches.empty())
        throw Error(ErrorCode::kUsage, "--batch",
                    std::to_string(size) + " given, there are " + std::to_string(images.size()) + " images");
    return batches;
}

}  // namespace

ordered_json bench_switching(const Model& model, const std::vector<Image>& images,
                             std::vector<Configuration> configurations, const BenchSetting& setting) {
    const auto batches = in_batches(images, setting.batch);
    if (configurations.empty()) configurations.emplace_back();
    Session session(model, setting.session_options());
    std::vector<double> still, switched, switches;
    std::size_t first = 0;  // of the images both stretches of a pair run
    const auto run = [&](std::vector<double>& times) {
        for (std::size_t i = 0; i < kStretch; ++i)
            times.push_back(time_ms([&] { session.classify(batches[(first + i) % batches.size()]); }));
    };
    run(still);  // a warm-up
    still.clear();
    double calm = 0, switching = 0;
    const UsageMeter meter;
    while (calm + switching < 2000 * setting.seconds)  // whole rounds: all configurations weigh alike
        for (const Configuration& configuration : configurations) {
            session.set_configuration(configuration);
            calm += time_ms([&] { run(still); });
            switching += time_ms([&] {
                const Switcher switcher(session, configurations, switches);
                run(switched);
            });
            first += kStretch;
        }

    const Usage usage = meter.read();

    const Samples without(still), with(switched), installs(switches);
    const auto p99 = with.p99_ms(), still_p99 = without.p99_ms(), install_p99 = installs.p99_ms();
    ordered_json row = setting.json();
    row.update(without.json());
    row["images_per_second"] = setting.batch * without.per_second();
    row["usage"] = usage.json(setting.threads);
    row["segments"] = nullptr;
    row["switch"] = {
        {"count", installs.count()},
        {"per_second", 1000 * static_cast<double>(installs.count()) / switching},
        {"median_us", 1000 * installs.median_ms()},
        {"p99_us", install_p99 ? ordered_json(1000 * *install_p99) : ordered_json(nullptr)},
        {"batches", with.json()},
        {"p99_ratio", p99 && still_p99 ? ordered_json(*p99 / *still_p99) : ordered_json(nullptr)}};
    return row;
}

}  // namespace dyce
