#include "search/methods/risk_curve.h"

#include <algorithm>
#include <cmath>

namespace dyce {
namespace {

constexpr int kMaxIterations = 30;
constexpr double kRidge =
    0.5;  // images' worth of doubt: a curve through no harm at all would be infinitely steep

double logistic(double x) { return 1 / (1 + std::exp(-x)); }

// Scores reach 0 and 1 by rounding.
double log_odds(double p) {
    p = std::clamp(p, 1e-6, 1 - 1e-7);
    return std::log(p / (1 - p));
}

}  // namespace

std::optional<double> RiskCurve::threshold(double risk) const {
    if (!(slope < -1e-6)) return std::nullopt;
    return logistic((log_odds(risk) - offset) / slope);
}

// Newton's method on the penalised likelihood.
RiskCurve fit_risk(const SearchSpace& space, int column) {
    const SearchSpace::Column& own = space.column(column);
    const std::vector<std::uint8_t>& final_tags = space.final_column().tags;
    RiskCurve curve;
    for (int iteration = 0; iteration < kMaxIterations; ++iteration) {
        double offset_slope = 0, slope_slope = -kRidge * curve.slope;
        double h00 = kRidge, h01 = 0, h11 = kRidge;
        for (const CutEntry entry : own.order) {
            const std::size_t image = entry.image();
            const double x = log_odds(own.scores[image]);
            const double harm = (final_tags[image] & 1) != 0 && entry.right() == 0 ? 1 : 0;
            const double risk = logistic(curve.offset + curve.slope * x);
            const double weight = risk * (1 - risk);
            offset_slope += harm - risk;
            slope_slope += (harm - risk) * x;
            h00 += weight;
            h01 += weight * x;
            h11 += weight * x * x;
        }
        const double determinant = h00 * h11 - h01 * h01;
        const double offset_step = (offset_slope * h11 - slope_slope * h01) / determinant;
        const double slope_step = (slope_slope * h00 - offset_slope * h01) / determinant;
        curve.offset += offset_step;
        curve.slope += slope_step;
        if (std::abs(offset_step) + std::abs(slope_step) < 1e-9) break;
    }
    return curve;
}

}  // namespace dyce
