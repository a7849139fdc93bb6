// What time it is, for whatever measures or keeps a promise: handed in, so that a test can be the clock.
#pragma once

#include <chrono>
#include <functional>

namespace dyce {

/// Called from several threads at once; never goes back.
using TimeSource = std::function<std::chrono::steady_clock::time_point()>;

/// The clock of the machine.
inline TimeSource machine_time() { return &std::chrono::steady_clock::now; }

}  // namespace dyce
