// From the solutions of a sweep to a configuration set: estimates on a second record, and only what no other
// beats on both accuracy and cost. Pure functions.
#pragma once

#include "search/evaluator.h"
#include "search/search_method.h"

#include <dyce/configuration.h>

#include <string>
#include <vector>

namespace dyce {

/// What is known of one lambda's configuration.
struct FrontPoint {
    double lambda = 0;
    double objective = 0;  ///< on the search record
    Configuration configuration;
    Simulation searched, validated;
};

/// The pictures whose place in the record is even, or odd.
Record half_of(const Record& record, bool odd);

/// One point a lambda, in order, with estimates of `score` configurations on `validate`.
std::vector<FrontPoint> evaluate_points(const std::vector<double>& lambdas,
                                        const std::vector<Objective>& objectives,
                                        const std::vector<Solution>& solutions, const std::string& score,
                                        const Evaluator& search, const Evaluator& validate,
                                        const RecordMeta& meta);

/// Share of right answers of the final exit alone.
double base_accuracy(const Record& record);

/// The points that no other beats on both accuracy and cost on the validation record, by rising cost, named
/// c000 and so on.
ConfigurationSet make_set(const std::vector<FrontPoint>& points, const Record& validate,
                          const CostTable& costs, const std::string& split, const std::string& validated);

/// Every point in the published tool's columns.
std::string front_csv(const std::vector<FrontPoint>& points, const Record& search, const Record& validate);

}  // namespace dyce
