// Takes a request back while it waits or runs. A cheap handle: copies mean the same request, or all those
// that were given one. Any thread may use any copy.
#pragma once

#include <atomic>
#include <memory>

namespace dyce {

class CancelToken {
public:
    CancelToken() : cancelled_(std::make_shared<std::atomic<bool>>(false)) {}
    // Copies only: there is no token without a state.
    CancelToken(const CancelToken&) = default;
    CancelToken& operator=(const CancelToken&) = default;

    /// For good. Work that has the token ends with Error{kCancelled} before its next stage begins; what is
    /// answered already stays so.
    void cancel() noexcept { cancelled_->store(true, std::memory_order_relaxed); }
    bool is_cancelled() const noexcept { return cancelled_->load(std::memory_order_relaxed); }

private:
    std::shared_ptr<std::atomic<bool>> cancelled_;
};

}  // namespace dyce
