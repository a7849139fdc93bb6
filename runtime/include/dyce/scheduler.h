// Serves classification requests from many threads: gathers them into batches, runs these on threads of its
// own, and chooses the configuration by a policy. All members may be called from several threads at once.
//
// After fork() the workers are in the parent only: in the child submit() and set_configuration() throw
// Error{kUnavailable}, stop() does nothing, and the destructor returns at once (its memory is not given back).
#pragma once

#include <dyce/configuration.h>
#include <dyce/engine_options.h>
#include <dyce/error.h>
#include <dyce/export.h>
#include <dyce/gate_count.h>
#include <dyce/model.h>
#include <dyce/policy.h>
#include <dyce/sample.h>
#include <dyce/session.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace dyce {

struct SchedulerOptions {
    int workers = 1;         ///< batches computed at the same time, each by a thread of its own
    int threads = 0;         ///< older name of engine.threads
    int max_batch = 8;       ///< older name of engine.max_batch
    double max_wait_ms = 2;  ///< how long a request waits for others to fill its batch, while workers idle
    std::size_t max_queue = 1024;  ///< requests waiting at most; more are refused

    std::string configuration = "balanced";  ///< of the set, in force at the start
    Policy policy = {};                      ///< needs a set, unless it is KeepConfiguration
    double window_s = 0.5;  ///< what a policy looks at: the last so many seconds; 20 answers at least, or a
                            ///< second where no percentile is asked for
    std::shared_ptr<EnergyMeter> meter = {};  ///< for PowerBudget; read by one thread at a time

    std::string precision = "f32";   ///< older name of engine.precision
    std::string plan = "";           ///< older name of engine.tune
    bool reference_kernels = false;  ///< older name of engine.reference_kernels

    /// How each worker computes; max_batch requests at most together, whatever configuration each brings. 0 threads = all this process may use, shared out among the workers. The five
    /// older names above are read until 0.3: what was set under one of the two names counts, and two different
    /// values throw Error{kUsage}.
    EngineOptions engine = {0, 8};
};

/// What a Scheduler did so far, and in the last window.
struct SchedulerReport {
    std::uint64_t submitted = 0;  ///< requests, those refused included
    std::uint64_t refused = 0;    ///< because the queue was full
    std::uint64_t answered = 0;   ///< those whose image failed included
    std::uint64_t expired = 0;    ///< not computed: the deadline passed before their turn came
    std::uint64_t cancelled = 0;  ///< not answered because of ClassifyOptions::cancel
    std::uint64_t unpaid = 0;     ///< not begun: the energy at hand did not pay the first answer
    /// Of the answers, those with Prediction::late and those by a configuration whose accuracy_low is below
    /// the policy's floor.
    std::uint64_t late = 0;
    std::size_t queued = 0;      ///< waiting now
    std::uint64_t switches = 0;  ///< of the configuration, by the policy

    // Of the last window; empty before the first.
    std::optional<double> p95_us;        ///< from submission to answer
    std::optional<double> arrival_rate;  ///< requests a second
    std::optional<double> busy;          ///< share of the workers' time
    std::vector<double> exit_share;      ///< share of answers by position, the final exit last
    std::vector<GateCount> gates;        ///< what gates decided, by rising sites; empty without gates
    std::optional<double> watts;
    std::string no_watts_reason;  ///< why not, when a meter was given
};

/// What becomes of a request: its answer, or why there is none.
using Reply = std::variant<Prediction, Error>;

/// Called once for a request, by the worker that computes it, the moment it is answered: what takes long keeps
/// the rest of its batch waiting. It may call the Scheduler's submit(), report() and configuration() - not
/// stop(), nor destroy it, which would wait for the worker that is calling. It must not throw; what it throws
/// is dropped.
using Completion = std::function<void(Reply)>;

class DYCE_API Scheduler {
public:
    /// Compiles the model and starts the workers. Exits are off until set_configuration().
    /// Throws Error{kUsage} on bad options, Error{kResource} when memory or threads are short.
    explicit Scheduler(const Model& model, const SchedulerOptions& options = {});
    /// The same with a configuration of `set` in force, which options.policy changes. Throws also when the
    /// set is not for this model.
    Scheduler(const Model& model, const ConfigurationSet& set, const SchedulerOptions& options = {});
    /// As stop() does. Never on a worker, in a completion: the process would end.
    ~Scheduler();
    Scheduler(Scheduler&&) noexcept;

    /// Asks for an answer. Prediction::error is set when the sample cannot be prepared or its logits are not
    /// finite; latency_us counts from here. `options` as for Session::classify, the deadline counting from
    /// here too: the time in the queue is part of it. A request whose deadline passes there is not computed:
    /// its future throws Error{kExpired}. One that is cancelled throws Error{kCancelled}: in the queue when its
    /// turn comes, else before its next stage. One whose budget is too small for the configuration it is computed
    /// under throws Error{kUsage}. Throws Error{kOverloaded} when the queue is full - the request
    /// is refused, nothing else happens -, Error{kCancelled} after stop(), Error{kUnavailable} in a
    /// child of the process that made the scheduler, and Error{kUsage} when options.configuration or the
    /// sample is not for this model.
    std::future<Prediction> submit(const Sample& sample, const ClassifyOptions& options = {});
    /// The same, told to a function: what the future would throw is the Error of the Reply, and what is no Error
    /// becomes one (kResource for lack of memory, else kInternal). When submit() throws it is not called.
    /// Throws Error{kUsage} also when `completion` is empty.
    void submit(const Sample& sample, const ClassifyOptions& options, Completion completion);

    /// As Session::set_configuration. Throws Error{kUsage} also when a policy chooses the configuration.
    std::uint64_t set_configuration(const Configuration& configuration);
    /// The one that batches begin under now.
    Configuration configuration() const;

    SchedulerReport report() const;

    /// Takes no more requests, answers those it has, and ends the workers. Throws Error{kUsage} when a Completion
    /// calls it.
    void stop();

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace dyce
