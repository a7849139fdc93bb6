#include "runtime/session/request_queue.h"

#include <algorithm>

namespace dyce {
namespace {

// Requests without a deadline are as urgent as if they had this one: they give way, but not for ever.
constexpr std::chrono::seconds kPatience{1};

// Requests looked at for one batch, times its size: those under other plans stay where they are.
constexpr std::size_t kLookAhead = 4;

bool same_exits(const Configuration& a, const Configuration& b) {
    return a.name == b.name && a.score == b.score &&
           std::equal(a.exits.begin(), a.exits.end(), b.exits.begin(), b.exits.end(),
                      [](const EnabledExit& x, const EnabledExit& y) {
                          return x.site == y.site && x.type == y.type && x.threshold == y.threshold;
                      });
}

bool run_together(const Request& a, const Request& b) {
    if (a.topk != b.topk) return false;
    if (a.plan == nullptr || b.plan == nullptr) return a.plan == b.plan;
    return a.plan == b.plan || same_exits(a.plan->configuration, b.plan->configuration);
}

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
    auto at = requests_.begin();
    for (std::size_t seen = 0;
         seen < kLookAhead * options_.max_batch && at != requests_.end() && batch.size() < options_.max_batch;
         ++seen) {
        if (!batch.empty() && !run_together(*batch.front(), *at->second)) {
            ++at;
            continue;
        }
        batch.push_back(std::move(at->second));
        at = requests_.erase(at);
    }
}

}  // namespace dyce
