// Stages that gates let rows go past: who runs them, and what the others do not pay.
#include "runtime/core/index.h"
#include "runtime/flow/exit_loop.h"

#include <algorithm>
#include <cmath>

namespace dyce {

// The gate that decides about the stage that ends here; null where all rows run it.
const ExitSite::Gate* ExitLoop::gate_before(const Here& here) const {
    if (here.stage == 0) return nullptr;
    return deciding_gate(positions_[index(members_[here.member].positions[here.stage - 1])]);
}

// Fills in runs_; gives how many. A gate that always skips is not asked.
std::size_t ExitLoop::choose_runners(const Here& here, const ExitSite::Gate& gate) {
    const bool has_logits = is_asked(gate);
    const auto logits =
        has_logits ? members_[here.member].runner->run_head(gate.head) : std::span<const float>();
    std::size_t runners = 0;
    for (std::size_t place = 0; place < present_.places(); ++place) {
        runs_[place] = false;
        if (present_.is_vacant(place)) continue;
        const auto own = has_logits ? logits_at(place, logits) : logits;
        if (!std::ranges::all_of(own, [](float logit) { return std::isfinite(logit); })) ++non_finite_scores_;
        if (pass_gate(gate, own, state_of(place).cost) == Action::kSkip) {
            skipped_.set(present_[place], static_cast<int>(here.position));
        } else {
            runs_[place] = true;
            ++runners;
        }
    }
    if (has_logits) {
        GateCount& count = gate_counts_[index(members_[here.member].positions[here.stage - 1])];
        count.asked += present_.count();
        count.opened += runners;
    }
    return runners;
}

// The stage runs for some rows, which lie at the first places then, in as small a batch as is quick.
void ExitLoop::advance_chosen(const Here& here, const ExitSite::Gate& gate) {
    const Member& member = members_[here.member];
    StageRunner& runner = *member.runner;
    const std::size_t stage = member.first_stage + here.stage;
    const std::size_t rows = choose_runners(here, gate);
    logits_.reset();
    const auto start = times_->now();
    std::size_t bucket = runner.bucket();
    if (rows == present_.count()) {
        runner.advance();
    } else {
        runner.exchange(present_.bring_forward([&](std::size_t place) { return runs_[place]; }));
        if (rows > 0)
            bucket = std::min(bucket, times_->fastest(stage, runner.bucket_of(static_cast<int>(rows))));
        runner.advance_first(static_cast<int>(rows), bucket);
    }
    if (rows > 0) times_->add(stage, bucket, start, times_->now());
    if (supply_ != nullptr) supply_->ran(here.position, -1, rows);
}

}  // namespace dyce
