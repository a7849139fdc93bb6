#include "runtime/core/compute_team.h"

#include "runtime/core/forks.h"
#include "runtime/core/futex.h"

#include <dyce/error.h>

#include <immintrin.h>
#include <signal.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

namespace dyce {
namespace {

using Clock = TeamPace::Clock;

// About as long as waking a sleeper takes: a longer wait costs the others' cores more than it saves.
constexpr std::chrono::microseconds kSpin{50};
constexpr unsigned kDefaultRounding = 0x1f80;  // MXCSR as the ABI has it at the start of a program
constexpr std::uint32_t kCallerSleeps = std::uint32_t{1} << 31;

constinit thread_local ComputePlace* thread_place = nullptr;

std::uint64_t make_ticket(std::uint32_t region, unsigned parts) {
    return std::uint64_t{region} << 32 | std::uint64_t{parts} << 16 | 1;  // the caller begins part 0
}
unsigned parts_of(std::uint64_t ticket) { return static_cast<unsigned>(ticket >> 16 & 0xffff); }
unsigned begun_of(std::uint64_t ticket) { return static_cast<unsigned>(ticket & 0xffff); }

// Whether `done` came true within the time of a spin.
template <class Done>
bool spin_until(const Done& done) {
    const auto end = Clock::now() + kSpin;
    do {
        for (int i = 0; i < 16; ++i) {
            if (done()) return true;
            _mm_pause();
        }
    } while (Clock::now() < end);
    return false;
}

std::uint64_t nanoseconds_since(Clock::time_point start) {
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - start).count());
}

// A host's signals are for its own threads.
class BlockedSignals {
public:
    BlockedSignals() {
        sigset_t all;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    ~BlockedSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    BlockedSignals(const BlockedSignals&) = delete;
    BlockedSignals& operator=(const BlockedSignals&) = delete;

private:
    sigset_t before_;
};

}  // namespace

ComputePlace* compute_place() { return thread_place; }

void set_parts_wait(bool together) {
    if (thread_place != nullptr) thread_place->together = together;
}

PlaceScope::PlaceScope(const ComputePlace& place)
    : place_(place), before_(std::exchange(thread_place, &place_)) {}
PlaceScope::~PlaceScope() { thread_place = before_; }

void run_region(ComputePlace& place, ComputeTeam::Work work, void* data, unsigned parts, bool together) {
    if (parts == 0) parts = static_cast<unsigned>(place.team->threads());
    if (parts > 1 && !place.is_inside) {
        place.team->run(work, data, parts, together);
        return;
    }
    const PlaceScope alone({place.team, 0, 1, place.is_inside, place.together});
    work(data);
}

DefaultRounding::DefaultRounding() : before_(_mm_getcsr()) { _mm_setcsr(kDefaultRounding); }
DefaultRounding::~DefaultRounding() { _mm_setcsr(before_); }

ComputeTeam::~ComputeTeam() { dismiss(); }

void ComputeTeam::start() {
    if (threads_ == 1) return;
    const unsigned now = dyce::fork_generation();
    if (!helpers_.empty() && fork_generation_ == now) return;
    helpers_.clear();  // of the process that forked
    fork_generation_ = now;
    for (auto* word : {&unfinished_, &calls_, &sleepers_, &met_, &meetings_}) *word = 0;
    ticket_ = 0;
    helpers_.reserve(static_cast<std::size_t>(threads_) - 1);
    const BlockedSignals blocked;
    for (int i = 1; i < threads_; ++i) {
        pthread_t helper;
        const auto run = [](void* team) -> void* {
            static_cast<ComputeTeam*>(team)->help();
            return nullptr;
        };
        if (const int error = pthread_create(&helper, nullptr, run, this); error != 0) {
            dismiss();
            throw Error(ErrorCode::kResource, "threads",
                        std::string("cannot start a thread: ") + std::strerror(error) +
                            "; expected room for " + std::to_string(threads_) +
                            ", or fewer threads asked for");
        }
        pthread_setname_np(helper, "dyce-compute");
        helpers_.push_back(helper);
    }
}

// Ends the helpers, but for those of a process that forked.
void ComputeTeam::dismiss() {
    if (!helpers_.empty() && fork_generation_ == dyce::fork_generation()) {
        is_ending_ = true;
        calls_.fetch_add(1);
        futex_wake(calls_);
        for (const pthread_t helper : helpers_) pthread_join(helper, nullptr);
        is_ending_ = false;
    }
    helpers_.clear();
}

void ComputeTeam::run(Work work, void* data, unsigned parts, bool together) {
    const Region region{work, data, parts, together};
    if (helpers_.empty()) return run_alone(region);
    region_ = region;
    unfinished_.store(parts, std::memory_order_relaxed);
    helpers_ns_.store(0, std::memory_order_relaxed);
    const auto called = Clock::now();
    const bool shares = pace_.shares(called);
    ticket_.store(make_ticket(++regions_, parts));
    if (shares || together) call_helpers(parts - 1);
    const auto begin = Clock::now();
    run_part(region, 0);
    const unsigned own_parts = 1 + (together ? 0 : run_what_is_left(region));
    const auto own = Clock::now() - begin;
    finish(own_parts);
    wait_for_helpers();
    if (!shares) return;
    const auto end = Clock::now();
    // Parts are of about one size; longer ones were interrupted, as they would not have been here.
    const auto most = own / own_parts * (parts - own_parts) * 3 / 2;
    const auto others = std::chrono::nanoseconds(helpers_ns_.load(std::memory_order_relaxed));
    pace_.add({own, own + std::min<Clock::duration>(others, most), end - called}, end);
}

void ComputeTeam::run_alone(const Region& region) {
    for (unsigned part = 0; part < region.parts; ++part) run_part(region, part);
}

unsigned ComputeTeam::run_what_is_left(const Region& region) {
    unsigned count = 0, part = 0;
    for (; take(part); ++count) run_part(region, part);
    return count;
}

void ComputeTeam::run_part(const Region& region, unsigned part) {
    const PlaceScope place({this, part, region.parts, true, region.together});
    region.work(region.data);
}

bool ComputeTeam::take(unsigned& part) {
    std::uint64_t ticket = ticket_.load(std::memory_order_acquire);
    while (begun_of(ticket) < parts_of(ticket))
        if (ticket_.compare_exchange_weak(ticket, ticket + 1, std::memory_order_acq_rel,
                                          std::memory_order_acquire)) {
            part = begun_of(ticket);
            return true;
        }
    return false;
}

void ComputeTeam::finish(unsigned parts) {
    const std::uint32_t before = unfinished_.fetch_sub(parts, std::memory_order_acq_rel);
    if (before == (kCallerSleeps | parts)) futex_wake(unfinished_, 1);
}

void ComputeTeam::wait_for_helpers() {
    if (spin_until([&] { return unfinished_.load(std::memory_order_acquire) == 0; })) return;
    std::uint32_t left = unfinished_.fetch_or(kCallerSleeps, std::memory_order_acq_rel) | kCallerSleeps;
    for (; left != kCallerSleeps; left = unfinished_.load(std::memory_order_acquire))
        futex_wait(unfinished_, left);
}

void ComputeTeam::call_helpers(unsigned count) {
    if (sleepers_.load() == 0) return;
    calls_.fetch_add(1);
    futex_wake(calls_, static_cast<int>(count));
}

void ComputeTeam::help() {
    const DefaultRounding rounding;
    while (!is_ending_.load(std::memory_order_acquire)) {
        unsigned part = 0;
        if (!take(part)) {
            wait_for_work();
            continue;
        }
        const auto begin = Clock::now();
        run_part(region_, part);
        helpers_ns_.fetch_add(nanoseconds_since(begin), std::memory_order_relaxed);
        finish(1);
    }
}

void ComputeTeam::wait_for_work() {
    const auto is_called = [&] {
        const std::uint64_t ticket = ticket_.load();
        return begun_of(ticket) < parts_of(ticket) || is_ending_.load();
    };
    if (spin_until(is_called)) return;
    const std::uint32_t seen = calls_.load();
    sleepers_.fetch_add(1);  // whoever calls after this sees a sleeper; a call before it is seen here
    if (!is_called()) futex_wait(calls_, seen);
    sleepers_.fetch_sub(1);
}

void ComputeTeam::meet(unsigned parts) {
    if (parts == 1) return;
    const std::uint32_t meeting = meetings_.load(std::memory_order_acquire);
    if (met_.fetch_add(1, std::memory_order_acq_rel) + 1 == parts) {
        met_.store(0, std::memory_order_relaxed);
        meetings_.fetch_add(1, std::memory_order_release);
        futex_wake(meetings_);
        return;
    }
    call_helpers(parts);  // of a region that was not to be shared
    const auto is_over = [&] { return meetings_.load(std::memory_order_acquire) != meeting; };
    if (spin_until(is_over)) return;
    while (!is_over()) futex_wait(meetings_, meeting);
}

}  // namespace dyce
