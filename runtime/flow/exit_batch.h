// What a run of the exit loop asks of its caller, row by row, and tells it: images in, answers out. Implemented
// by whoever has images; lives for one run, on the thread that runs it.
#pragma once

#include "runtime/flow/carried_values.h"
#include "runtime/flow/run_state.h"
#include "runtime/flow/skipped_sites.h"
#include "runtime/flow/supply.h"

#include <chrono>
#include <cstdint>
#include <span>
#include <string>

namespace dyce {

class StageRunner;

/// How an image left.
struct ExitAnswer {
    int position = 0;
    int member = 0;
    const std::string* type = nullptr;  ///< of the head; lives as long as the plan and the loop
    float score = 0;
    std::int64_t macs = 0;          ///< multiply-adds paid
    std::span<const float> logits;  ///< valid during exit() only
    bool late = false;              ///< it left because of its deadline, or after it
    Cut cut = Cut::kNone;           ///< why it left before an exit was sure
    SkippedSites skipped = {};      ///< stages on its way that it went past; valid during exit() only
};

/// The images of one run and what becomes of them.
class ExitBatch {
public:
    using Clock = std::chrono::steady_clock;

    virtual ~ExitBatch() = default;
    /// Writes image `row` as `member` wants it. Asked for only when the member runs for the row.
    virtual void fill(int member, int row, std::span<float> image) = 0;
    /// Called once for every row that is not dropped, in the order in which they leave.
    virtual void exit(int row, const ExitAnswer& answer) = 0;
    /// When the row must leave at the latest, by the best head of the site it has reached.
    virtual Clock::time_point deadline(int /*row*/) const { return Clock::time_point::max(); }

    /// What the row may pay for its answer at most; no less than first_answer_cost(). Asked once a run. It leaves at
    /// the last site from where it could not pay for the next answer.
    virtual Budget budget(int /*row*/) const { return {}; }

    /// What rows live on: one leaves by the best head of the site it has reached when there is not enough for
    /// the next stage and an answer behind it, and a row for whose first answer there is not enough is not begun:
    /// it gets refuse() and no answer. Asked once a run; null = there is enough of everything.
    virtual Supply* supply() { return nullptr; }
    virtual void refuse(int /*row*/) {}

    /// Whether nobody waits for the row's answer any more. Asked at every point where a stage has ended: such
    /// a row goes no further, gets drop() and has no answer.
    virtual bool is_cancelled(int /*row*/) const { return false; }
    virtual void drop(int /*row*/) {}

    /// Whether reached() is to be called; asked once a run.
    virtual bool watches() const { return false; }
    /// Rows have reached the end of a stage, and those that go on stand where `state` says. Not called where
    /// none does, nor behind classifiers. `runner` is the member's; the call may export from it.
    virtual void reached(const RunState& /*state*/, StageRunner& /*runner*/) {}

    /// Whether features() is to be told what lives at a point, by its site through all members. Asked at every
    /// point where a stage ends - sites with heads -, but for classifiers, which no values outlive.
    virtual bool wants_features(int /*site*/) const { return false; }
    /// The values of one row that has reached the site, before it is decided whether it exits there; valid
    /// during the call. Rows that exited before do not get there.
    virtual void features(int /*row*/, int /*site*/, std::span<const ValueRows> /*values*/) {}
};

}  // namespace dyce
