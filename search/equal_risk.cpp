#include "search/parallel.h"
#include "search/risk_curve.h"
#include "search/steady.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace dyce {
namespace {

constexpr int kRisks = 120;
constexpr double kLowRisk = 2e-4, kHighRisk = 0.5;

// Cost of a picture on average that leaving by a head saves, at this threshold and if no other exit were on.
double saving(const SearchSpace& space, int column, double threshold) {
    const SearchSpace::Column& own = space.column(column);
    const auto leavers = std::partition_point(own.order.begin(), own.order.end(), [&](const CutEntry& entry) {
        return own.scores[entry.picture()] > threshold;
    });
    const double share =
        static_cast<double>(leavers - own.order.begin()) / static_cast<double>(space.pictures());
    const RecordPosition& position = space.meta().positions[own.position];
    // What a member before the last has cost is lost for those who stay, and saved by nobody.
    const bool in_last = position.member == space.meta().positions.back().member;
    const double saved =
        in_last ? space.costs().base() - space.costs().backbone[own.position] : space.costs().base();
    return share * saved - space.costs().heads[static_cast<std::size_t>(column)];
}

// Choices at one risk: of the heads that `wanted` accepts, at each position the one that saves most.
template <class Wanted>
Choices choose(const SearchSpace& space, const std::vector<RiskCurve>& curves, double risk,
               const Wanted& wanted) {
    Choices choices(space.positions());
    for (std::size_t p = 0; p < choices.size(); ++p) {
        double most = -std::numeric_limits<double>::infinity();
        for (const int column : space.columns_at(p)) {
            const auto threshold = curves[static_cast<std::size_t>(column)].threshold(risk);
            if (!threshold || !wanted(space.meta().heads[static_cast<std::size_t>(column)])) continue;
            const double saved = saving(space, column, *threshold);
            if (saved <= most) continue;
            most = saved;
            choices[p] = {column, *threshold};
        }
    }
    return choices;
}

}  // namespace

std::vector<Solution> equal_risk(const SearchSpace& space, int threads) {
    std::vector<RiskCurve> curves(space.meta().heads.size() - 1);
    parallel_for(curves.size(), threads, [&](std::size_t column, std::size_t) {
        curves[column] = fit_risk(space, static_cast<int>(column));
    });
    const std::size_t types = space.meta().types.size();
    const std::size_t rows = types + 1;  // each type alone, then all together
    return sweep(space, kRisks * rows, threads, [&](Searcher& searcher, std::size_t index) {
        const double at = static_cast<double>(index / rows) / (kRisks - 1);
        const double risk = kLowRisk * std::pow(kHighRisk / kLowRisk, at);
        const std::size_t type = index % rows;
        searcher.walk.set(choose(space, curves, risk, [&](const RecordHead& head) {
            return type == types || head.type == static_cast<int>(type);
        }));
        return searcher.walk.solution();
    });
}

}  // namespace dyce
