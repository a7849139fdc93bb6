// What a search minimises (docs/method.md, "Objective"). Plain values; thread-safe.
#pragma once

#include "search/record/record.h"
#include "search/simulate/cost_table.h"

#include <string>
#include <vector>

namespace dyce {

/// Values closer than this are equal.
constexpr double kSameValue = 1e-12;

/// J = lambda * (1 - a) + (1 - lambda) * m, written for sums over the images of one record.
struct Objective {
    double lambda = 0;
    double constant = 0;
    double per_correct = 0;  ///< what a right answer takes away
    double per_cost = 0;     ///< what a unit of cost adds
    double per_exit = 0;     ///< what an enabled exit adds; 0 but where few exits are wanted

    double operator()(double correct, double cost) const {
        return constant - per_correct * correct + per_cost * cost;
    }
};

/// Values from `low` on in steps, `high` left out.
struct LambdaRange {
    double low = 0.5, high = 1.05, step = 0.001;

    std::vector<double> values() const;
};

/// One for each lambda. `normalised` measures accuracy and cost from the record's first exit on; where the
/// backbone is no better or no dearer than that exit, the plain form serves, and `notices` says so.
/// Throws Error{kContent} when the backbone is never right.
std::vector<Objective> make_objectives(const Record& record, const CostTable& costs,
                                       const std::vector<double>& lambdas, bool normalised,
                                       std::vector<std::string>* notices);

}  // namespace dyce
