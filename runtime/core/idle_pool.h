// Objects that one call uses at a time, as many as there are calls at once; kept for the calls to come.
#pragma once

#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace dyce {

/// Thread-safe.
template <class T>
class IdlePool {
public:
    /// The object given back last, else what `make` returns.
    template <class Make>
    std::unique_ptr<T> take(const Make& make) {
        {
            const std::lock_guard lock(mutex_);
            if (!idle_.empty()) {
                auto object = std::move(idle_.back());
                idle_.pop_back();
                return object;
            }
        }
        return make();
    }

    void give_back(std::unique_ptr<T> object) {
        const std::lock_guard lock(mutex_);
        idle_.push_back(std::move(object));
    }

private:
    std::mutex mutex_;
    std::vector<std::unique_ptr<T>> idle_;
};

}  // namespace dyce
