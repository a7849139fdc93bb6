// Requests on their way to a worker: bounded, the most urgent first, handed out in batches. A plain
// container: its owner locks, and tells the time.
#pragma once

#include "runtime/flow/budget.h"
#include "runtime/flow/exit_plan.h"
#include "runtime/session/replier.h"

#include <dyce/sample.h>
#include <dyce/session.h>

#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <vector>

namespace dyce {

struct Request {
    using Clock = std::chrono::steady_clock;

    Sample sample;
    int topk = 5;
    std::shared_ptr<const ExitPlan> plan = nullptr;  ///< of its own; null = the one in force
    Clock::time_point submitted = {};
    Clock::time_point deadline = Clock::time_point::max();  ///< max() = none
    Replier reply = {};
    bool logits = false;
    std::optional<CancelToken> cancel = {};
    Budget budget = {};

    bool is_cancelled() const { return cancel && cancel->is_cancelled(); }
};

struct QueueOptions {
    std::size_t max_queue = 1024;
    std::size_t max_batch = 1;
    Request::Clock::duration max_wait{};  ///< of a request for others to fill its batch
};

class RequestQueue {
public:
    using Clock = Request::Clock;

    explicit RequestQueue(const QueueOptions& options) : options_(options) {}

    /// False, and nothing done, when it is full.
    bool push(std::unique_ptr<Request>& request);
    std::size_t size() const { return requests_.size(); }
    bool empty() const { return requests_.empty(); }

    /// When a batch must begin, should nobody else come: the past when it is full, else once a request has
    /// waited long enough or would miss its deadline after computing for `service`. Not empty.
    Clock::time_point due(Clock::duration service) const;
    /// The most urgent requests, whatever configuration each brings. Not empty. Fills `batch`, which is empty;
    /// allocates nothing when it has the room.
    void take(std::vector<std::unique_ptr<Request>>& batch);

private:
    QueueOptions options_;
    std::multimap<Clock::time_point, std::unique_ptr<Request>> requests_;  // by urgency
};

}  // namespace dyce
