// A configuration in the search's own terms: what is chosen at each position. Plain values; free functions.
#pragma once

#include "search/record/record.h"
#include "search/simulate/cost_table.h"

#include <dyce/configuration.h>

#include <vector>

namespace dyce {

/// Stands for "no column".
constexpr int kOff = -1;

/// At one position: off, or the head of a column and a threshold.
struct Choice {
    int column = kOff;
    double threshold = kNoScore;

    bool on() const { return column != kOff; }
    friend bool operator==(const Choice& a, const Choice& b) {
        return a.column == b.column && (!a.on() || a.threshold == b.threshold);
    }
};

/// By position; the final exit, which is always on, has no choice.
using Choices = std::vector<Choice>;

/// The exits of a configuration. Throws Error{kUsage} naming a position or type that the record does not
/// have.
Choices choices_of(const RecordMeta& meta, const Configuration& configuration);
std::vector<EnabledExit> exits_of(const RecordMeta& meta, const Choices& choices);

/// What an image pays that leaves at each position (docs/method.md, "Inference rule"): the backbone up to
/// there, the whole members before it that have an enabled position, and the heads on its way, its own
/// included.
std::vector<double> exit_costs(const RecordMeta& meta, const CostTable& costs, const Choices& choices);

}  // namespace dyce
