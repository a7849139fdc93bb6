// Exact simulation of configurations on a record: where each image leaves, what it answers and pays. The
// exit loop of the runtime gives the same, image by image. Borrows the record and the costs; thread-safe.
#pragma once

#include "search/record/record.h"
#include "search/simulate/choices.h"
#include "search/simulate/cost_table.h"

#include <dyce/configuration.h>

#include <cstdint>
#include <vector>

namespace dyce {

/// How one image left.
struct ExitRecord {
    int column = 0;         ///< of the record
    float score = 0;        ///< of that exit, of the configuration's kind
    std::int64_t macs = 0;  ///< multiply-adds that it paid
};

/// What a configuration does on a record.
struct Simulation {
    struct Exit {
        std::int64_t images = 0;
        std::int64_t correct = 0;
    };
    std::vector<Exit> exits;  ///< by position, the final exit last
    double accuracy = 0;      ///< share of right answers
    double macs = 0;          ///< mean of an image
    double cost = 0;          ///< the same, in the unit of the cost table; of a model with gates: macs
};

class Evaluator {
public:
    /// `costs` of a record whose model has gates are macs_table(record): means, but what is simulated is exact.
    Evaluator(const Record& record, const CostTable& costs);

    /// Throws Error{kUsage} naming a site, type or score that the record does not hold.
    Simulation simulate(const Configuration& configuration) const;
    /// The backbone alone.
    Simulation base() const { return simulate({}); }
    /// As simulate(), image by image.
    std::vector<ExitRecord> exit_records(const Configuration& configuration) const;

private:
    template <class OnExit>
    void follow(const Configuration& configuration, const OnExit& on_exit) const;
    std::size_t position_of(int column) const;
    void add_costs(const Choices& choices, Simulation& simulation) const;

    const Record& record_;
    const CostTable& costs_;
    CostTable macs_;
};

}  // namespace dyce
