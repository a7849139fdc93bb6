// Times of the same work done again and again, and what the bench verbs say about them. Values; one thread.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <vector>

namespace dyce {

class Samples {
public:
    /// Calls `work` at least 5 times and for `seconds`, after a warm-up. `prepare` comes before each call and
    /// is not timed.
    static Samples measure(
        double seconds, const std::function<void()>& work, const std::function<void()>& prepare = [] {});

    std::size_t count() const { return sorted_.size(); }
    double fastest_ms() const { return sorted_.front(); }
    double median_ms() const { return quantile(0.5); }
    /// median_ms, p90_ms, p99_ms, runs, min_ms. A quantile is null when there are too few samples for a 95 %
    /// upper bound by order statistics.
    nlohmann::ordered_json json() const;

private:
    double quantile(double q) const;

    std::vector<double> sorted_;
};

/// Milliseconds that `work` takes, once.
double time_ms(const std::function<void()>& work);

/// {"cpu", "onednn"}: where the figures come from.
nlohmann::ordered_json host_json();

}  // namespace dyce
