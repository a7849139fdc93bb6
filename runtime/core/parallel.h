// Independent pieces of work on several threads.
#pragma once

#include <atomic>
#include <cstddef>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

namespace dyce {

/// Calls work(item, worker) for each item below `count`, in any order, from `threads` threads numbered from
/// 0, or from as many as the system grants. Returns when all are done; the first exception is thrown again.
template <class Work>
void parallel_for(std::size_t count, int threads, const Work& work) {
    std::atomic<std::size_t> next{0};
    std::exception_ptr failure;
    std::mutex failure_mutex;
    const auto run = [&](std::size_t worker) {
        try {
            for (std::size_t item = next++; item < count; item = next++) work(item, worker);
        } catch (...) {
            const std::lock_guard lock(failure_mutex);
            if (!failure) failure = std::current_exception();
            next = count;
        }
    };
    std::vector<std::thread> others;
    try {
        for (int worker = 1; worker < threads; ++worker)
            others.emplace_back(run, static_cast<std::size_t>(worker));
    } catch (const std::system_error&) {  // those that there are do it all
    }
    run(0);
    for (std::thread& other : others) other.join();
    if (failure) std::rethrow_exception(failure);
}

}  // namespace dyce
