#include "runtime/core/forks.h"

#include <pthread.h>

#include <atomic>

namespace dyce {
namespace {

std::atomic<unsigned> generation{0};

void count_fork() { generation.fetch_add(1, std::memory_order_relaxed); }

}  // namespace

unsigned fork_generation() {
    // Cheaper than getpid(), and right where a process number comes again.
    [[maybe_unused]] static const int registered = pthread_atfork(nullptr, nullptr, count_fork);
    return generation.load(std::memory_order_relaxed);
}

}  // namespace dyce
