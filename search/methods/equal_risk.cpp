#include "runtime/core/parallel.h"
#include "search/methods/risk_curve.h"
#include "search/methods/robust_candidates.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace dyce {
namespace {

constexpr std::size_t kMinRisks = 30, kMaxRisks = 240;
constexpr double kRiskWork = 3e9;  // images x positions x heads x risks looked at
constexpr int kRiskRounds = 3;
constexpr double kLowRisk = 2e-4, kHighRisk = 0.5;

// Cost of an image on average that leaving by a head saves, at this threshold and if no other exit were on.
double saving(const SearchSpace& space, int column, double threshold) {
    const SearchSpace::Column& own = space.column(column);
    const auto exiting = std::partition_point(own.order.begin(), own.order.end(), [&](const CutEntry& entry) {
        return own.scores[entry.image()] > threshold;
    });
    const double share =
        static_cast<double>(exiting - own.order.begin()) / static_cast<double>(space.images());
    const RecordedSite& position = space.meta().positions[own.position];
    // What a member before the last has cost is lost for those who stay, and saved by nobody.
    const bool in_last = position.member == space.meta().positions.back().member;
    const std::vector<double>& backbone = space.costs().backbone;
    const double saved = in_last ? backbone.back() - backbone[own.position] : backbone.back();
    return share * saved - space.costs().heads[static_cast<std::size_t>(column)];
}

// At one risk, by position: each head that can be used.
using Options = std::vector<std::vector<Choice>>;

Options options_at(const SearchSpace& space, const std::vector<RiskCurve>& curves, double risk) {
    Options options(space.positions());
    for (std::size_t p = 0; p < options.size(); ++p)
        for (const int column : space.columns_at(p))
            if (const auto threshold = curves[static_cast<std::size_t>(column)].threshold(risk))
                options[p].push_back({column, *threshold});
    return options;
}

// Of the heads that `wanted` accepts, at each position the one that saves most.
template <class Wanted>
Choices choose(const SearchSpace& space, const Options& options, const Wanted& wanted) {
    Choices choices(options.size());
    for (std::size_t p = 0; p < choices.size(); ++p) {
        double most = -std::numeric_limits<double>::infinity();
        for (const Choice& option : options[p]) {
            if (!wanted(space.meta().heads[static_cast<std::size_t>(option.column)])) continue;
            const double saved = saving(space, option.column, option.threshold);
            if (saved <= most) continue;
            most = saved;
            choices[p] = option;
        }
    }
    return choices;
}

// Position by position the option, or none, that makes images cheapest: an exit is worth its cost only for
// the images that those before it have left.
void settle(ExitAssignment& assignment, const Options& options) {
    double cost = assignment.solution().cost;
    for (int round = 0; round < kRiskRounds; ++round)
        for (std::size_t p = 0; p < options.size(); ++p) {
            Choice best = assignment.choices()[p];
            const auto attempt = [&](const Choice& choice) {
                if (choice == assignment.choices()[p]) return;
                assignment.set(p, choice);
                const double changed = assignment.solution().cost;
                if (changed >= cost) return;
                cost = changed;
                best = choice;
            };
            attempt({});
            for (const Choice& option : options[p]) attempt(option);
            if (!(assignment.choices()[p] == best)) assignment.set(p, best);
        }
}

}  // namespace

std::vector<Solution> equal_risk(const SearchSpace& space, int threads) {
    std::vector<RiskCurve> curves(space.meta().heads.size() - 1);
    parallel_for(curves.size(), threads, [&](std::size_t column, std::size_t) {
        curves[column] = fit_risk(space, static_cast<int>(column));
    });
    const std::size_t types = space.meta().types.size();
    const std::size_t rows = types + 2;  // each type alone, all together, and what is left when that settles
    const double settling = static_cast<double>(space.images()) * static_cast<double>(space.positions()) *
                            static_cast<double>(space.meta().heads.size());
    const std::size_t risks =
        std::clamp(static_cast<std::size_t>(kRiskWork / settling), kMinRisks, kMaxRisks);
    return sweep(space, risks * rows, threads, [&](Searcher& searcher, std::size_t index) {
        const std::size_t risk = index / rows;
        const double at = static_cast<double>(risk) / static_cast<double>(risks - 1);
        const Options options = options_at(space, curves, kLowRisk * std::pow(kHighRisk / kLowRisk, at));
        const std::size_t type = index % rows;
        searcher.assignment.set(choose(space, options, [&](const RecordHead& head) {
            return type >= types || head.type == static_cast<int>(type);
        }));
        if (type > types) settle(searcher.assignment, options);
        return searcher.assignment.solution();
    });
}

}  // namespace dyce
