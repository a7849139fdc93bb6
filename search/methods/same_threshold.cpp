// Same threshold, the baseline: one type at every site that has it, one threshold for all (docs/method.md,
// "Search methods"). As the threshold falls, images move to earlier and earlier exits, so one assignment through
// all scores of a type, from high to low, meets every such configuration. Of them, only the corners of the
// upper hull of right answers over cost can be the best for some lambda.
#include "runtime/core/parallel.h"
#include "search/methods/search_method.h"

#include <queue>
#include <tuple>

namespace dyce {
namespace {

struct Corner {
    double threshold;
    double correct, cost;
};

// Keeps the corners of the hull of points whose cost never rises.
void add_corner(std::vector<Corner>& hull, const Corner& point) {
    const auto hides = [](const Corner& a, const Corner& b, const Corner& c) {
        return (b.correct - a.correct) * (a.cost - c.cost) <= (c.correct - a.correct) * (a.cost - b.cost);
    };
    if (!hull.empty() && hull.back().cost == point.cost && hull.back().correct >= point.correct) return;
    while (hull.size() > 1 && hides(hull[hull.size() - 2], hull.back(), point)) hull.pop_back();
    hull.push_back(point);
}

Choices same_choices(const SearchSpace& space, int type, double threshold) {
    Choices choices(space.positions());
    for (std::size_t c = 0; c + 1 < space.meta().heads.size(); ++c)
        if (space.meta().heads[c].type == type)
            choices[space.column(static_cast<int>(c)).position] = {static_cast<int>(c), threshold};
    return choices;
}

// One type's configurations, from few exiting to many.
class FallingThreshold {
public:
    FallingThreshold(const SearchSpace& space, int type)
        : space_(space), choices_(same_choices(space, type, kNoScore)) {
        costs_ = exit_costs(space.meta(), space.costs(), choices_);
        exits_at_.assign(space.images(), static_cast<std::uint32_t>(space.positions()));
        now_ = {1, 0, costs_.back() * static_cast<double>(space.images())};
        for (const std::uint8_t tag : space.final_column().tags) now_.correct += tag & 1;
        for (std::size_t p = 0; p < choices_.size(); ++p)
            if (choices_[p].on()) push(p, 0);
    }

    std::vector<Corner> corners() {
        bool moved = false;
        double last_score = 1;
        while (!queue_.empty()) {
            const auto [score, p_back, k] = queue_.top();
            const std::size_t p = space_.positions() - p_back;
            queue_.pop();
            const CutEntry entry = order(p)[k];
            push(p, k + 1);
            if (exits_at_[entry.image()] <= p) continue;
            if (moved && score < last_score) {
                now_.threshold = (static_cast<double>(last_score) + score) / 2;
                add_corner(hull_, now_);
            }
            move(entry, p);
            moved = true;
            last_score = score;
        }
        now_.threshold = kNoScore;
        add_corner(hull_, now_);
        return hull_;
    }

private:
    // Equal scores come in any order; earlier positions first saves moves.
    using Event = std::tuple<float, std::size_t, std::size_t>;  // score, positions - position, entry

    const std::vector<CutEntry>& order(std::size_t p) const {
        return space_.column(choices_[p].column).order;
    }

    void push(std::size_t p, std::size_t k) {
        const SearchSpace::Column& column = space_.column(choices_[p].column);
        if (k < column.order.size())
            queue_.emplace(column.scores[column.order[k].image()], space_.positions() - p, k);
    }

    void move(const CutEntry& entry, std::size_t p) {
        std::uint32_t& at = exits_at_[entry.image()];
        const int column = at == space_.positions() ? -1 : choices_[at].column;
        const SearchSpace::Column& from = column < 0 ? space_.final_column() : space_.column(column);
        now_.correct += static_cast<double>(entry.right()) - (from.tags[entry.image()] & 1);
        now_.cost += costs_[p] - costs_[at];
        at = static_cast<std::uint32_t>(p);
    }

    const SearchSpace& space_;
    Choices choices_;
    std::vector<double> costs_;            // by position
    std::vector<std::uint32_t> exits_at_;  // position, by image
    Corner now_;
    std::vector<Corner> hull_;
    std::priority_queue<Event> queue_;
};

SearchResult run_same_threshold(const SearchSpace& space, const std::vector<Objective>& objectives,
                                int threads) {
    const std::size_t types = space.meta().types.size();
    std::vector<std::vector<Corner>> corners(types);
    parallel_for(types, threads, [&](std::size_t type, std::size_t) {
        corners[type] = FallingThreshold(space, static_cast<int>(type)).corners();
    });
    std::vector<Solution> solutions;
    for (const Objective& objective : objectives) {
        const Corner* best = nullptr;
        int best_type = 0;
        for (std::size_t type = 0; type < types; ++type)
            for (const Corner& corner : corners[type]) {
                const double value = objective(corner.correct, corner.cost);
                if (best != nullptr && value >= objective(best->correct, best->cost) - kSameValue) continue;
                best = &corner;
                best_type = static_cast<int>(type);
            }
        if (best == nullptr)
            solutions.push_back(ExitAssignment(space).solution());
        else
            solutions.push_back({same_choices(space, best_type, best->threshold), best->correct, best->cost});
    }
    return {solutions, {}};
}

}  // namespace

namespace search_methods {

extern const SearchMethod same_threshold{"same-threshold", "one type and one threshold at all sites",
                                         run_same_threshold};

}  // namespace search_methods

}  // namespace dyce
