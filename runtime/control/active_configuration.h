// What is in force: one immutable plan and how many were installed before it. Owned by a session; safe to use
// from any number of threads.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>

namespace dyce {

/// `Plan` is a configuration resolved against a model. Work takes get() once, when it is admitted, and
/// finishes under it; install() neither waits for running work nor touches what it uses.
template <class Plan>
class ActiveConfiguration {
public:
    struct Current {
        std::shared_ptr<const Plan> plan;  ///< never null
        std::uint64_t generation;          ///< plans installed before
    };

    explicit ActiveConfiguration(std::shared_ptr<const Plan> first) : current_{std::move(first), 0} {}

    Current get() const {
        const std::lock_guard lock(mutex_);
        return current_;
    }

    /// Gives the generation of `plan`. The one before it is destroyed by its last user.
    std::uint64_t install(std::shared_ptr<const Plan> plan) {
        // The swapped-out plan dies with `plan`, after the lock: its destruction keeps nobody waiting.
        const std::lock_guard lock(mutex_);
        current_.plan.swap(plan);
        return ++current_.generation;
    }

private:
    mutable std::mutex mutex_;
    Current current_;
};

}  // namespace dyce
