#include "search/record/gated_pass.h"

#include "runtime/core/index.h"
#include "runtime/flow/decision.h"

#include <algorithm>

namespace dyce {

GatedPass::GatedPass(StageRunner& runner, const std::vector<ExitSite>& positions, int member)
    : runner_(runner),
      positions_(positions),
      present_(runner.rows_at_once()),
      runs_(index(runner.rows_at_once())),
      costs_(index(runner.rows_at_once())) {
    while (positions[first_].member != member) ++first_;
    for (const StagePoint& point : runner.points()) {
        std::size_t position = first_;
        while (positions[position].site != point.local_site) ++position;
        ends_.push_back(position);
    }
}

std::span<float> GatedPass::begin(int rows) {
    next_ = 0;
    present_.fill(rows);
    std::fill_n(costs_.begin(), rows, PathCost<std::int64_t>());
    return runner_.begin(rows);
}

bool GatedPass::advance() {
    if (next_ == ends_.size()) return false;
    if (const ExitSite::Gate* gate = gate_before())
        run_chosen(*gate);
    else
        runner_.advance();
    ++next_;
    return true;
}

// The gate that decides about the next stage; null where all rows run it.
const ExitSite::Gate* GatedPass::gate_before() const {
    return next_ == 0 ? nullptr : deciding_gate(positions_[position()]);
}

void GatedPass::run_chosen(const ExitSite::Gate& gate) {
    const std::size_t runners = choose(gate);
    if (runners == present_.places()) return runner_.advance();
    runner_.exchange(present_.bring_forward([&](std::size_t place) { return runs_[place]; }));
    const int rows = static_cast<int>(runners);
    runner_.advance_first(rows, rows > 0 ? runner_.bucket_of(rows) : runner_.bucket());
}

// Fills in runs_; gives how many.
std::size_t GatedPass::choose(const ExitSite::Gate& gate) {
    const bool has_logits = is_asked(gate);
    const auto logits = has_logits ? runner_.run_head(gate.head) : std::span<const float>();
    const std::size_t outcomes = has_logits ? static_cast<std::size_t>(kGateOutcomes) : 0;
    std::size_t runners = 0;
    for (std::size_t place = 0; place < present_.places(); ++place) {
        const auto own = logits.subspan(place * outcomes, outcomes);
        runs_[place] = pass_gate(gate, own, costs_[index(present_[place])]) != Action::kSkip;
        runners += runs_[place] ? 1 : 0;
    }
    return runners;
}

}  // namespace dyce
