// What the machine gave the process while something was timed. Values; one thread.
#pragma once

#include <chrono>
#include <nlohmann/json.hpp>

namespace dyce {

struct Usage {
    double wall_ms = 0, processor_ms = 0;  ///< processor time of all threads
    long involuntary_switches = 0;         ///< times a thread had to make room for another program's

    /// Whether other programs took so much that times say little about an idle machine: threads had to make
    /// room 10 times per second, and the wall clock ran 1.1 times as long as the `threads` computed.
    bool was_busy(int threads) const;
    /// {"wall_ms", "processor_ms", "involuntary_switches", "busy"}
    nlohmann::ordered_json json(int threads) const;
};

/// Measures from its making on.
class UsageMeter {
public:
    UsageMeter();
    Usage read() const;

private:
    std::chrono::steady_clock::time_point start_;
    Usage before_;
};

}  // namespace dyce
