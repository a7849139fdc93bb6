// Sleeping until a number in memory changes: what std::atomic::wait does, without a spin and a table of its
// own.
#pragma once

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <climits>
#include <cstdint>

namespace dyce {

/// Sleeps unless `word` has changed from `seen`; may return for no reason.
inline void futex_wait(std::atomic<std::uint32_t>& word, std::uint32_t seen) {
    ::syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, seen, nullptr, nullptr, 0);
}

/// Wakes up to `count` sleepers; the word may be gone by then.
inline void futex_wake(std::atomic<std::uint32_t>& word, int count = INT_MAX) {
    ::syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, count, nullptr, nullptr, 0);
}

}  // namespace dyce
