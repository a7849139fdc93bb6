#include "runtime/session/request_queue.h"

#include <algorithm>

namespace dyce {
namespace {

// Requests without a deadline are as urgent as if they had this one: they give way, but not for ever.
constexpr std::chrono::seconds kPatience{1};

}  // namespace

bool RequestQueue::push(std::unique_ptr<Request>& request) {
    if (requests_.size() >= options_.max_queue) return false;
    const auto urgency = std::min(request->deadline, request->submitted + kPatience);
    requests_.emplace(urgency, std::move(request));
    return true;
}

RequestQueue::Clock::time_point RequestQueue::due(Clock::duration service) const {
    if (requests_.size() >= options_.max_batch) return Clock::time_point::min();
    auto due = Clock::time_point::max();
    for (const auto& [urgency, request] : requests_)
        due = std::min({due, request->submitted + options_.max_wait, request->deadline - service});
    return due;
}

void RequestQueue::take(std::vector<std::unique_ptr<Request>>& batch) {
    while (!requests_.empty() && batch.size() < options_.max_batch)
        batch.push_back(std::move(requests_.extract(requests_.begin()).mapped()));
}

}  // namespace dyce
