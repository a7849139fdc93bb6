#include "runtime/control/telemetry.h"

#include <algorithm>

namespace dyce {
namespace {

// A configuration that failed is tried again after so many windows: the machine may have become another.
constexpr std::int64_t kForget = 1000;

}  // namespace

Telemetry::Telemetry(std::size_t configurations, std::size_t positions, std::size_t samples)
    : latencies_(samples),
      scratch_(samples),
      exits_(positions),
      exit_share_(positions),
      memory_(configurations) {
    for (auto* gates : {&gates_, &decided_, &decided_before_}) gates->reserve(positions);
}

void Telemetry::answered(double latency_us, std::size_t position) {
    latencies_[answers() % latencies_.size()] = latency_us;
    ++open_.completed;
    ++exits_[position];
}

void Telemetry::decided(std::span<const GateCount> so_far) {
    decided_.assign(so_far.begin(), so_far.end());
    decided_before_.resize(decided_.size());
}

double Telemetry::p95() {
    const std::size_t count = std::min(answers(), latencies_.size());
    if (count == 0) return Window::kUnknown;
    // The smallest value that at least 95 in 100 do not exceed.
    const std::size_t rank = (count * 95 + 99) / 100 - 1;
    std::copy_n(latencies_.begin(), count, scratch_.begin());
    const auto end = scratch_.begin() + static_cast<std::ptrdiff_t>(count);
    const auto nth = scratch_.begin() + static_cast<std::ptrdiff_t>(rank);
    std::nth_element(scratch_.begin(), nth, end);
    return *nth;
}

void Telemetry::close(double now_s, const QueueFigures& queue, int workers, double joules) {
    Window window = open_;
    window.seconds = age_s(now_s);
    window.arrived = static_cast<double>(queue.arrived);
    window.refused = static_cast<double>(queue.refused);
    window.queued_after = static_cast<double>(queue.queued);
    window.p95_us = p95();
    if (window.seconds > 0) {
        window.busy = std::min(1.0, busy_s_ / (window.seconds * workers));
        window.watts = (joules - joules_) / window.seconds;
    }
    const double answers = std::max(1.0, window.completed);
    for (std::size_t i = 0; i < exits_.size(); ++i) exit_share_[i] = static_cast<double>(exits_[i]) / answers;
    gates_ = decided_;
    for (std::size_t i = 0; i < gates_.size(); ++i) {
        gates_[i].asked -= decided_before_[i].asked;
        gates_[i].opened -= decided_before_[i].opened;
    }
    decided_before_ = decided_;
    add(window);

    open_ = {};
    open_.queued_before = window.queued_after;
    start_s_ = now_s;
    busy_s_ = 0;
    joules_ = joules;
    std::fill(exits_.begin(), exits_.end(), 0);
}

void Telemetry::add(const Window& window) {
    last_ = window;
    ++number_;
    ++windows_in_force_;
    setback_.add(configuration_, window, is_settled());
    if (is_settled()) memory_[static_cast<std::size_t>(configuration_)] = {window, number_};
}

void Telemetry::switched(int index) {
    if (index == configuration_) return;
    setback_.switched(configuration_, index);
    configuration_ = index;
    windows_in_force_ = 0;
}

const Window* Telemetry::seen(int index) const {
    const Memory& memory = memory_[static_cast<std::size_t>(index)];
    return memory.number >= 0 && number_ - memory.number < kForget ? &memory.window : nullptr;
}

}  // namespace dyce
