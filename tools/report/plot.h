// Accuracy against cost, as a drawing inside a page. Pure function.
#pragma once

#include "tools/report/interval.h"

#include <optional>
#include <string>
#include <vector>

namespace dyce {

struct PlotPoint {
    std::string name;
    double relative_cost;
    double accuracy;
    std::optional<Interval> interval;  ///< drawn as a bar
};

struct Plot {
    std::vector<PlotPoint> estimated;  ///< joined by a line, in order
    std::vector<PlotPoint> measured;
    double base_accuracy;  ///< at cost 1
    std::string unit;      ///< of the cost
};

/// An <svg> element; colours come from the style sheet of the page.
std::string draw(const Plot& plot);

}  // namespace dyce
