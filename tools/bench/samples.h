// Times of the same work done again and again, and what the bench verbs say about them. Values; one thread.
#pragma once

#include "tools/bench/usage.h"

#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

namespace dyce {

class Samples {
public:
    /// Calls `work` at least 5 times and for `seconds`, after a warm-up. `prepare` comes before each call and
    /// is not timed.
    static Samples measure(
        double seconds, const std::function<void()>& work, const std::function<void()>& prepare = [] {});
    /// Times taken elsewhere, in milliseconds; at least one.
    explicit Samples(std::vector<double> milliseconds);

    const std::vector<double>& sorted() const { return sorted_; }
    std::size_t count() const { return sorted_.size(); }
    double fastest_ms() const { return sorted_.front(); }
    double slowest_ms() const { return sorted_.back(); }
    double total_ms() const;
    /// How often a second all this was done: by the wall clock from the first to the last, what came between
    /// included, where it was measured here; else by the sum of the times.
    double per_second() const;
    /// Of the time in which they were taken, where that was here.
    const Usage& usage() const { return usage_; }
    double median_ms() const { return quantile(0.5); }
    /// Empty when there are too few samples for a 95 % upper bound by order statistics.
    std::optional<double> p90_ms() const;
    std::optional<double> p99_ms() const;
    /// median_ms, p90_ms, p99_ms, runs, min_ms, max_ms.
    nlohmann::ordered_json json() const;

private:
    double quantile(double q) const;

    std::vector<double> sorted_;
    Usage usage_;
};

/// Milliseconds that `work` takes, once.
double time_ms(const std::function<void()>& work);

/// The value, or null.
nlohmann::ordered_json json_or_null(const std::optional<double>& value);

/// {"cpu", "onednn"}: where the figures come from.
nlohmann::ordered_json host_json();

}  // namespace dyce
