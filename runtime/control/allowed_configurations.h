// The configurations a controller may choose from, by rising cost. A view; the set must outlive it.
#pragma once

#include <dyce/configuration.h>

#include <algorithm>
#include <span>

namespace dyce {

/// Of one set, by rising cost.
using Configurations = std::span<const Configuration>;

class AllowedConfigurations {
public:
    /// Without those whose accuracy_low is below `floor`. A floor above all of them asks for the best there
    /// is.
    AllowedConfigurations(Configurations configurations, double floor)
        : configurations_(configurations), floor_(floor) {
        double best = 0;
        for (const Configuration& c : configurations) best = std::max(best, c.accuracy_low);
        floor_ = std::min(floor, best);
    }

    int size() const { return static_cast<int>(configurations_.size()); }
    bool allows(int index) const { return at(index).accuracy_low >= floor_; }
    double cost(int index) const { return at(index).relative_cost; }

    int cheapest() const {
        int index = 0;
        while (!allows(index)) ++index;
        return index;
    }

    /// The most expensive in first..last of at most `max_cost`; `otherwise` when there is none.
    int most_expensive(int first, int last, double max_cost, int otherwise) const {
        for (int index = last; index >= first; --index)
            if (allows(index) && cost(index) <= max_cost) return index;
        return otherwise;
    }

private:
    const Configuration& at(int index) const { return configurations_[static_cast<std::size_t>(index)]; }

    Configurations configurations_;
    double floor_;
};

}  // namespace dyce
