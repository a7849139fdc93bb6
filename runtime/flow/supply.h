// Something that stages and heads use up while rows are under way, energy above all: how much there is, and what
// each takes. Implemented by whoever knows; called on the thread that runs the rows.
#pragma once

#include "graph/exits/exits.h"
#include "runtime/flow/exit_plan.h"

#include <dyce/cut.h>

#include <cstddef>
#include <utility>
#include <vector>

namespace dyce {

/// What one row takes, in the unit of the supply, by position: the stage that ends there, and each of
/// ExitSite::heads. Positions where no stage ends take nothing, their way belongs to the next one.
struct SupplyCosts {
    std::vector<double> stages;
    std::vector<std::vector<double>> heads;
};

/// Index in the site's heads of the one with that number among its member's; heads.size() when it is not there.
std::size_t place_of_head(const ExitSite& site, int head);

/// Of the head by which a row answers at the position: the one that is on there, or else the one for rows that
/// are cut.
double head_cost(const SupplyCosts& costs, const ExitPlan& plan, const std::vector<ExitSite>& positions,
                 std::size_t position);

class Supply {
public:
    explicit Supply(SupplyCosts costs) : costs_(std::move(costs)) {}
    virtual ~Supply() = default;

    const SupplyCosts& costs() const { return costs_; }
    /// Asked before rows begin, and at every point for the rows that are there.
    virtual double left() = 0;
    /// A stage that ends at `position` has run for so many rows, or one of the heads there (`head` >= 0) for rows
    /// that asked for it: what it says of others in the batch is not counted.
    virtual void ran(std::size_t /*position*/, int /*head*/, std::size_t /*rows*/) {}
    /// Why rows leave for the lack of it.
    virtual Cut cut() const = 0;

private:
    SupplyCosts costs_;
};

}  // namespace dyce
