// Independent pieces of work on several threads, whose results are taken in order.
#pragma once

#include "runtime/core/parallel.h"

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <mutex>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

namespace dyce {

/// Results that wait to be taken, a bounded number of them. Thread-safe.
template <class Result>
class ResultWindow {
public:
    explicit ResultWindow(std::size_t size) : places_(size) {}

    /// Waits until there is a place for the result of `item`; false when no more results are wanted.
    bool wait_for_place(std::size_t item) {
        std::unique_lock lock(mutex_);
        moved_.wait(lock, [&] { return is_closed_ || item < taken_ + places_.size(); });
        return !is_closed_;
    }

    /// The item has a place.
    void put(std::size_t item, std::optional<Result> result, std::exception_ptr failure) {
        const std::lock_guard lock(mutex_);
        place(item) = {std::move(result), std::move(failure)};
    }

    /// Takes results as long as the next one is there, unless another thread is at it. Throws the failure of
    /// an item where its result would be taken, and what `consume` throws; then nothing is taken any more.
    template <class Consume>
    void take(const Consume& consume) {
        std::unique_lock lock(mutex_);
        if (is_taking_) return;
        is_taking_ = true;
        while (!is_closed_ && place(taken_).is_there()) {
            Place next = std::exchange(place(taken_), {});
            lock.unlock();
            try {
                if (next.failure) std::rethrow_exception(next.failure);
                consume(taken_, std::move(*next.result));
            } catch (...) {
                close();
                throw;
            }
            lock.lock();
            ++taken_;
            moved_.notify_all();
        }
        is_taking_ = false;
    }

private:
    struct Place {
        std::optional<Result> result;
        std::exception_ptr failure;

        bool is_there() const { return result || failure; }
    };

    Place& place(std::size_t item) { return places_[item % places_.size()]; }

    void close() {
        const std::lock_guard lock(mutex_);
        is_closed_ = true;
        moved_.notify_all();
    }

    std::mutex mutex_;
    std::condition_variable moved_;
    std::vector<Place> places_;
    std::size_t taken_ = 0;  // changed by the thread that takes
    bool is_taking_ = false, is_closed_ = false;
};

/// Calls produce(item, worker) for each item below `count` from `workers` threads numbered from 0, or from as
/// many as the system grants, and consume(item, result) for each result in the order of the items, from one
/// thread at a time. At most 2 x workers items are begun and not yet consumed. The first exception by item is
/// thrown again; what comes before it has been consumed, and nothing behind it is.
template <class Produce, class Consume>
void run_in_order(std::size_t count, int workers, const Produce& produce, const Consume& consume) {
    using Result = std::invoke_result_t<const Produce&, std::size_t, std::size_t>;
    ResultWindow<Result> window(2 * static_cast<std::size_t>(std::max(workers, 1)));
    parallel_for(count, workers, [&](std::size_t item, std::size_t worker) {
        if (!window.wait_for_place(item)) return;
        std::optional<Result> result;
        std::exception_ptr failure;
        try {
            result.emplace(produce(item, worker));
        } catch (...) {
            failure = std::current_exception();
        }
        window.put(item, std::move(result), std::move(failure));
        window.take(consume);
    });
}

}  // namespace dyce
