// Rows of a batch on their way through a whole member, as its gates let them: past every point and to the end. For
// those who look at all rows everywhere; the exit loop lets rows exit and cuts them. One thread at a time.
#pragma once

#include "graph/exits/exits.h"
#include "graph/exits/path_cost.h"
#include "runtime/flow/row_set.h"
#include "runtime/flow/stage_runner.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace dyce {

class GatedPass {
public:
    /// Of the member with this number, whose stages `runner` runs. `positions` are those of the model; both must
    /// outlive the pass.
    GatedPass(StageRunner& runner, const std::vector<ExitSite>& positions, int member);

    /// Begins a batch: where the caller writes its images, as StageRunner::begin().
    std::span<float> begin(int rows);
    /// To the next point; false when rows stand at the last one already.
    bool advance();

    /// The index, in the model's positions, of the point that rows stand at.
    std::size_t position() const { return ends_[next_ - 1]; }
    /// Which row of the batch lies at each place there.
    std::span<const int> rows() const { return present_.rows(); }
    /// The same of the first of the positions that rows came to since the point before, this one included.
    std::size_t first_position() const { return next_ > 1 ? ends_[next_ - 2] + 1 : first_; }
    /// What a row had paid in this member on arriving at one of those: gates and feeds count, exit heads do not.
    std::int64_t paid(int row, std::size_t position) const {
        return costs_[static_cast<std::size_t>(row)].at(positions_[position].macs);
    }

private:
    const ExitSite::Gate* gate_before() const;
    void run_chosen(const ExitSite::Gate& gate);
    std::size_t choose(const ExitSite::Gate& gate);

    StageRunner& runner_;
    const std::vector<ExitSite>& positions_;
    std::size_t first_ = 0;          // position of the member
    std::vector<std::size_t> ends_;  // positions of the points
    std::size_t next_ = 0;           // point
    RowSet present_;
    std::vector<bool> runs_;                     // by place
    std::vector<PathCost<std::int64_t>> costs_;  // by row
};

}  // namespace dyce
