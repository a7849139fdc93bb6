#include "runtime/control/active_configuration.h"
#include "runtime/control/configuration_controller.h"
#include "runtime/core/forks.h"
#include "runtime/session/engine.h"
#include "runtime/session/engine_options.h"
#include "runtime/session/request_batch.h"
#include "runtime/session/sample_inputs.h"

#include <dyce/error.h>
#include <dyce/scheduler.h>

#include <algorithm>
#include <cmath>
#include <condition_variable>
#include <system_error>
#include <thread>

namespace dyce {
namespace {

using Clock = Request::Clock;
using Active = ActiveConfiguration<ExitPlan>;
using Batch = std::vector<std::unique_ptr<Request>>;

constexpr int kMaxWorkers = 1024;
constexpr double kMaxWaitMs = 60'000;

double seconds(Clock::time_point time) {
    return std::chrono::duration<double>(time.time_since_epoch()).count();
}

void require(bool condition, const char* option, const std::string& expected) {
    if (!condition) throw Error(ErrorCode::kUsage, option, "expected " + expected);
}

const SchedulerOptions& checked(const SchedulerOptions& options) {
    require(options.workers >= 1 && options.workers <= kMaxWorkers, "workers",
            "1 to " + std::to_string(kMaxWorkers));
    require(options.max_queue >= 1, "max_queue", "at least 1");
    require(options.max_wait_ms >= 0 && options.max_wait_ms <= kMaxWaitMs, "max_wait_ms", "0 to 60000");
    return options;
}

QueueOptions queue_options(const SchedulerOptions& options, std::size_t max_batch) {
    return {options.max_queue, max_batch,
            std::chrono::duration_cast<Clock::duration>(
                std::chrono::duration<double, std::milli>(options.max_wait_ms))};
}

Error expired_error(const Request& request, Clock::time_point now) {
    return Error(ErrorCode::kExpired, "scheduler",
                 "the deadline passed " +
                     std::to_string((now - request.deadline) / std::chrono::microseconds(1)) +
                     " us before the request's turn came");
}

std::optional<double> known(double value) {
    return std::isnan(value) ? std::nullopt : std::optional<double>(value);
}

}  // namespace

struct Scheduler::Impl {
    Engine engine;
    std::size_t max_queue;
    bool has_policy;
    std::vector<std::shared_ptr<const ExitPlan>> plans;  // of the set
    Active active;

    mutable std::mutex queue_mutex;
    std::condition_variable wake;
    RequestQueue queue;
    bool is_stopping = false;
    QueueFigures figures;  // of the open window
    std::uint64_t submitted = 0, refused = 0, expired = 0, cancelled = 0, unpaid = 0;

    // Taken before queue_mutex by whoever needs both.
    mutable std::mutex control_mutex;
    ConfigurationController controller;
    int chosen;  // index in the set, as last installed
    std::uint64_t answered = 0, late = 0, switches = 0;
    std::vector<GateCount> gates;     // what they decided until the window was closed
    std::atomic<double> image_us{0};  // what the queue may expect

    std::mutex stop_mutex;
    std::vector<std::thread> workers;
    std::vector<std::thread::id> worker_ids;  // as they were started
    const unsigned process = fork_generation();

    Impl(const Model& model, const std::vector<Configuration>& configurations, int first,
         const SchedulerOptions& options)
        : engine(model, engine_options(checked(options)), options.workers),
          max_queue(options.max_queue),
          has_policy(!std::holds_alternative<KeepConfiguration>(options.policy)),
          plans(make_plans(configurations)),
          active(plans.empty() ? engine.make_plan({}) : plans[static_cast<std::size_t>(first)]),
          queue(queue_options(options, engine.max_batch())),
          controller(
              configurations,
              {options.policy, first, engine.positions(), options.workers, options.window_s, options.meter},
              seconds(Clock::now())),
          chosen(first) {}

    ~Impl() { join_workers(); }

    std::vector<std::shared_ptr<const ExitPlan>> make_plans(
        const std::vector<Configuration>& configurations) {
        std::vector<std::shared_ptr<const ExitPlan>> result;
        for (const Configuration& configuration : configurations)
            result.push_back(engine.make_plan(configuration));
        return result;
    }

    // Whether the workers are in the process that this one was forked from.
    bool is_inherited() const { return process != fork_generation(); }
    void check_process() const {
        if (is_inherited())
            throw Error(ErrorCode::kUnavailable, "scheduler",
                        "was inherited by fork(), and its workers were not; make one in this process");
    }

    void start(int count) {
        try {
            for (int i = 0; i < count; ++i) workers.emplace_back([this] { work(); });
            for (const std::thread& worker : workers) worker_ids.push_back(worker.get_id());
        } catch (const std::system_error& error) {
            throw Error(ErrorCode::kResource, "workers",
                        std::string("cannot start a thread: ") + error.what());
        }
    }

    void stop() {
        if (is_inherited()) return;
        require(std::ranges::count(worker_ids, std::this_thread::get_id()) == 0, "stop",
                "to be called by another thread than the scheduler's workers, which it waits for");
        join_workers();
    }

    void join_workers() {
        {
            const std::lock_guard lock(queue_mutex);
            is_stopping = true;
        }
        wake.notify_all();
        const std::lock_guard lock(stop_mutex);
        for (std::thread& worker : workers)
            if (worker.joinable()) worker.join();
    }

    std::future<Prediction> submit(const Sample& sample, const ClassifyOptions& options) {
        auto request = make_request(sample, options);
        auto answer = request->reply.future();
        push(std::move(request));
        return answer;
    }

    void submit(const Sample& sample, const ClassifyOptions& options, Completion completion) {
        require(completion != nullptr, "completion", "a function");
        auto request = make_request(sample, options);
        request->reply = Replier(std::move(completion));
        push(std::move(request));
    }

    std::unique_ptr<Request> make_request(const Sample& sample, const ClassifyOptions& options) const {
        check_process();
        check_sample(engine.model(), sample);
        auto request = std::make_unique<Request>(Request{sample, options.topk});
        request->logits = options.logits;
        request->cancel = options.cancel;
        request->budget = engine.make_budget(options.budget_macs, options.budget_ms);
        if (options.configuration) request->plan = engine.make_plan(*options.configuration);
        request->submitted = Clock::now();
        request->deadline = deadline_after(options.deadline_ms, request->submitted);
        return request;
    }

    void push(std::unique_ptr<Request> request) {
        {
            const std::lock_guard lock(queue_mutex);
            if (is_stopping) throw Error(ErrorCode::kCancelled, "scheduler", "was stopped");
            ++submitted;
            ++figures.arrived;
            if (!queue.push(request)) {
                ++refused;
                ++figures.refused;
                throw Error(ErrorCode::kOverloaded, "scheduler",
                            "refused: " + std::to_string(max_queue) + " requests are waiting, the limit");
            }
        }
        wake.notify_one();
    }

    void work() {
        Batch batch;
        batch.reserve(engine.max_batch());
        for (; next(batch); batch.clear()) {
            drop_expired(batch);
            if (!batch.empty()) run(batch);
        }
    }

    // An answer that nobody waits for any more would only make the next ones late.
    void drop_expired(Batch& batch) {
        const auto now = Clock::now();
        std::size_t too_late = 0, taken_back = 0;
        for (const auto& request : batch)
            if (request->is_cancelled()) {
                request->reply.fail(std::make_exception_ptr(cancelled_error()));
                ++taken_back;
            } else if (request->deadline <= now) {
                request->reply.fail(std::make_exception_ptr(expired_error(*request, now)));
                ++too_late;
            }
        if (too_late + taken_back == 0) return;
        std::erase_if(batch, [](const auto& request) { return request->reply.is_done(); });
        const std::lock_guard lock(queue_mutex);
        expired += too_late;
        cancelled += taken_back;
        figures.refused += too_late;  // asked for, and not done
    }

    // Waits until a batch is due; false when there will be none any more.
    bool next(Batch& batch) {
        std::unique_lock lock(queue_mutex);
        for (;;) {
            if (queue.empty()) {
                if (is_stopping) return false;
                wake.wait(lock);
                continue;
            }
            const std::chrono::duration<double, std::micro> service(image_us *
                                                                    static_cast<double>(queue.size()));
            const auto due = queue.due(std::chrono::duration_cast<Clock::duration>(service));
            if (is_stopping || due <= Clock::now()) break;
            wake.wait_until(lock, due);
        }
        queue.take(batch);
        if (!queue.empty()) wake.notify_one();
        return true;
    }

    // Whatever goes wrong is told to those who have no answer yet; the worker goes on.
    void run(Batch& requests) {
        const auto start = Clock::now();
        int index = -1;
        try {
            const Active::Current current = choose(requests, start, index);
            fail_unaffordable(requests, *current.plan);
            if (requests.empty()) return;
            RequestBatch batch(engine, requests, *current.plan, current.generation);
            engine.run(batch.plans(), batch);
            count_unanswered(batch);
            if (!batch.answered().empty()) account(batch, *current.plan, index, start);
        } catch (...) {
            for (const auto& request : requests)
                if (!request->reply.is_done()) request->reply.fail(std::current_exception());
        }
    }

    // Those whose budget is too small for what they would be computed under, their own plan or this one.
    void fail_unaffordable(Batch& batch, const ExitPlan& plan) const {
        for (const auto& request : batch) try {
                engine.check_budget(request->budget, request->plan != nullptr ? *request->plan : plan);
            } catch (const Error&) {
                request->reply.fail(std::current_exception());
            }
        std::erase_if(batch, [](const auto& request) { return request->reply.is_done(); });
    }

    void count_unanswered(const RequestBatch& batch) {
        if (batch.cancelled() + batch.unpaid() == 0) return;
        const std::lock_guard lock(queue_mutex);
        cancelled += batch.cancelled();
        unpaid += batch.unpaid();
    }

    // What requests without a plan of their own follow, and its index in the set; -1 = another one, or nobody
    // follows it. All of a batch are ready together, so the deadlines of the others count too.
    Active::Current choose(const Batch& requests, Clock::time_point now, int& index) {
        const auto has_own = [](const auto& request) { return request->plan != nullptr; };
        if (std::ranges::all_of(requests, has_own)) return active.get();
        auto deadline = Clock::time_point::max();
        for (const auto& request : requests) deadline = std::min(deadline, request->deadline);
        const std::chrono::duration<double, std::micro> left = deadline - now;
        const std::lock_guard lock(control_mutex);
        index = controller.choose(static_cast<int>(requests.size()), left.count());
        install(index);
        return active.get();
    }

    // As many images under `plan` as would have cost what these did, by the estimates of their plans.
    static double equivalent(std::span<const ExitPlan* const> plans, const ExitPlan& plan) {
        double images = 0;
        for (const ExitPlan* one : plans)
            images += one == &plan ? 1 : one->configuration.relative_cost / plan.configuration.relative_cost;
        return images;
    }

    void account(const RequestBatch& batch, const ExitPlan& plan, int index, Clock::time_point start) {
        const auto now = Clock::now();
        const std::lock_guard lock(control_mutex);
        answered += batch.answered().size();
        for (const auto& [latency_us, position, is_late, accuracy_low] : batch.answered()) {
            late += is_late || accuracy_low < controller.accuracy_floor() ? 1 : 0;
            controller.answered(latency_us, static_cast<std::size_t>(position));
        }
        controller.worked(index, static_cast<int>(batch.answered().size()),
                          std::chrono::duration<double>(now - start).count(),
                          equivalent(batch.plans(), plan));
        image_us = controller.predicted_us();
        if (!controller.is_due(seconds(now))) return;
        engine.read_gates(gates);
        controller.decided(gates);
        install(controller.close(seconds(now), take_figures()));
    }

    void install(int index) {
        if (index < 0 || index == chosen) return;
        active.install(plans[static_cast<std::size_t>(index)]);
        chosen = index;
        ++switches;
    }

    QueueFigures take_figures() {
        const std::lock_guard lock(queue_mutex);
        QueueFigures taken = std::exchange(figures, {});
        taken.queued = queue.size();
        return taken;
    }

    SchedulerReport report() const {
        const std::lock_guard control(control_mutex);
        SchedulerReport report;
        {
            const std::lock_guard lock(queue_mutex);
            report.submitted = submitted;
            report.refused = refused;
            report.expired = expired;
            report.cancelled = cancelled;
            report.unpaid = unpaid;
            report.queued = queue.size();
        }
        report.answered = answered;
        report.late = late;
        report.switches = switches;
        report.no_watts_reason = controller.no_power_reason();
        const Window& window = controller.telemetry().last();
        if (window.seconds > 0) {
            report.p95_us = known(window.p95_us);
            report.arrival_rate = window.arrival_rate();
            report.busy = window.busy;
            report.watts = known(window.watts);
            report.exit_share = controller.telemetry().exit_share();
            report.gates = controller.telemetry().gates();
        }
        return report;
    }
};

Scheduler::Scheduler(const Model& model, const SchedulerOptions& options)
    : impl_(std::make_unique<Impl>(model, std::vector<Configuration>{}, 0, options)) {
    impl_->start(options.workers);
}

Scheduler::Scheduler(const Model& model, const ConfigurationSet& set, const SchedulerOptions& options)
    : impl_(std::make_unique<Impl>(
          model, set.contents().configurations,
          static_cast<int>(&set.at(options.configuration) - set.contents().configurations.data()), options)) {
    impl_->start(options.workers);
}

Scheduler::~Scheduler() {
    // Threads that are not here hold its locks and wait on its conditions: a child has to leave it where it
    // is.
    if (impl_ != nullptr && impl_->is_inherited()) static_cast<void>(impl_.release());
}
Scheduler::Scheduler(Scheduler&&) noexcept = default;

std::future<Prediction> Scheduler::submit(const Sample& sample, const ClassifyOptions& options) {
    return impl_->submit(sample, options);
}
void Scheduler::submit(const Sample& sample, const ClassifyOptions& options, Completion completion) {
    impl_->submit(sample, options, std::move(completion));
}

std::uint64_t Scheduler::set_configuration(const Configuration& configuration) {
    impl_->check_process();
    require(!impl_->has_policy, "configuration", "to be chosen by the policy");
    return impl_->active.install(impl_->engine.make_plan(configuration));
}

Configuration Scheduler::configuration() const { return impl_->active.get().plan->configuration; }
SchedulerReport Scheduler::report() const { return impl_->report(); }
void Scheduler::stop() { impl_->stop(); }

}  // namespace dyce
