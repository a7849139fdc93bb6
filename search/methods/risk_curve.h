// How likely leaving early does harm, as a smooth function of the score: a logistic curve with two
// parameters, fitted to a whole column (Platt, "Probabilistic outputs for support vector machines", 1999). A
// threshold read off it varies less from record to record than one placed between two images. Pure
// functions.
#pragma once

#include "search/methods/search_space.h"

#include <optional>

namespace dyce {

struct RiskCurve {
    double offset = 0;
    double slope = 0;  ///< over the log-odds of the score; falls where scores are worth something

    /// Score above which the risk is below `risk`; nothing when higher scores do not mean less risk.
    std::optional<double> threshold(double risk) const;
};

/// The risk that the column is wrong on an image where the final exit is right.
RiskCurve fit_risk(const SearchSpace& space, int column);

}  // namespace dyce
