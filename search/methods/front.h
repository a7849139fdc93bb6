// From what a search found to a set of configurations: what they do on validation data, which of them are
// worth keeping, and the promise that some can keep. Pure functions.
#pragma once

#include "search/methods/search_method.h"
#include "search/simulate/evaluator.h"

#include <dyce/configuration.h>

#include <string>
#include <vector>

namespace dyce {

/// A configuration with what it does on one record.
struct RatedConfiguration {
    Configuration configuration;  ///< its estimates filled in, not yet named
    Simulation simulation;
};

/// How configurations are rated.
struct Rating {
    std::string score = kMaxSoftmax;  ///< that they were searched with
    bool conservative = false;        ///< whether accuracy_low is the conservative estimate
    int threads = 1;
};

/// Rates each solution on `validation`; `lambdas` of the first ones are noted, the others' are not known.
std::vector<RatedConfiguration> rate(const std::vector<Solution>& solutions,
                                     const std::vector<double>& lambdas, const Record& validation,
                                     const CostTable& costs, const Rating& rating);

/// Where gates let images skip stages, a search goes by mean costs: gives its solutions the exact ones.
void settle_costs(SearchResult& found, const Record& searched, const CostTable& costs, const Rating& rating);

/// Gives each lambda, of all that was found, the solution with the lowest objective by conservative estimate.
void choose_conservatively(SearchResult& found, const std::vector<Objective>& objectives,
                           const Record& searched, const CostTable& costs, const Rating& rating);

/// Those that no other beats: none is at least as accurate - by accuracy_low - and as cheap, and better in
/// one of the two. By rising cost, named c000, c001, ..
std::vector<Configuration> pareto_front(const std::vector<RatedConfiguration>& rated);

/// Fixed-sequence testing (docs/method.md, "Conservative estimate and certified accuracy"): from the most
/// expensive configuration down, those of which a record that nothing was chosen on shows with this
/// confidence that their accuracy is at least `min_accuracy`; the first that fails ends it. Throws as Evaluator::simulate() does.
std::vector<Configuration> certify_accuracy(std::vector<Configuration> by_cost, const Evaluator& calibration,
                                            double min_accuracy, double confidence);

}  // namespace dyce
