#include "search/methods/line_search.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace dyce {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

}  // namespace

// Fills what is kept of the position.
void LineSearch::look_at(std::size_t position, const Objective& objective) {
    const SearchSpace& space = assignment_.space();
    position_ = position;
    choices_ = assignment_.choices();
    const bool is_on = choices_[position].on();
    choices_[position] = {};
    arrivals_.assign(2 * (space.positions() - position) + 1, 0);
    if (is_on) {
        const std::uint32_t* counts = histogram_.of(space.columns_at(position).front()).counts.data();
        for (std::size_t cell = 1; cell < arrivals_.size(); ++cell)
            arrivals_[cell] = std::accumulate(counts + cell * ExitHistogram::kTags,
                                              counts + (cell + 1) * ExitHistogram::kTags, std::int64_t{0});
    } else {
        for (std::size_t cell = 1; cell < arrivals_.size(); ++cell)
            arrivals_[cell] = assignment_.exiting(2 * position + 1 + cell);
    }
    arriving_ = std::accumulate(arrivals_.begin(), arrivals_.end(), std::int64_t{0});
    staying_ = value_staying(choices_, objective);
    if (!space.columns_at(position).empty()) set_changes(objective);
}

// Of choices under which nobody leaves at the position.
double LineSearch::value_staying(const Choices& choices, const Objective& objective) const {
    const auto costs = exit_costs(assignment_.space().meta(), assignment_.space().costs(), choices);
    const auto exits_on =
        std::count_if(choices.begin(), choices.end(), [](const Choice& choice) { return choice.on(); });
    double correct = 0;
    double cost = 0;
    for (const std::size_t stop : assignment_.stops()) {
        if (stop == position_) continue;
        for (const std::size_t right : {0u, 1u}) {
            const std::size_t code = 2 * stop + right;
            const auto images = static_cast<double>(stop < position_ ? assignment_.exiting(code)
                                                                     : arrivals_[code - 2 * position_ - 1]);
            correct += right != 0 ? images : 0;
            cost += images * costs[stop];
        }
    }
    return objective(correct, cost) + objective.per_exit * static_cast<double>(exits_on);
}

// They are the same for all heads of the position: whoever leaves there has met the head, too. Cells of exits
// that are off have none.
void LineSearch::set_changes(const Objective& objective) {
    const SearchSpace& space = assignment_.space();
    choices_[position_].column = space.columns_at(position_).front();
    const auto costs = exit_costs(space.meta(), space.costs(), choices_);
    choices_[position_] = {};
    changes_.assign(2 * arrivals_.size(), std::numeric_limits<double>::quiet_NaN());
    changes_[0] = changes_[1] = 0;  // who does not arrive changes nothing
    for (const std::size_t stop : assignment_.stops()) {
        if (stop <= position_) continue;
        const double saved = objective.per_cost * (costs[stop] - costs[position_]);
        double* change = &changes_[2 * (2 * (stop - position_) - 1)];
        change[0] = -saved;  // neither there nor here right, here right, ..
        change[1] = -objective.per_correct - saved;
        change[2] = objective.per_correct - saved;
        change[3] = -saved;
    }
}

void LineSearch::set_slope(int index, const Objective& objective) {
    const SearchSpace::Column& column = assignment_.space().column(index);
    choices_[position_] = {index, kNoScore};
    slope_.met = value_staying(choices_, objective);
    std::array<double, kBins> worse{}, better{};
    const ExitHistogram::Table& table = histogram_.of(index);
    for (std::size_t cell = 1; cell < arrivals_.size(); ++cell) {
        if (arrivals_[cell] == 0) continue;
        for (const std::size_t right : {0u, 1u}) {
            const double change = changes_[2 * cell + right];
            auto& sums = std::signbit(change) ? better : worse;
            const std::uint32_t* images = &table.counts[cell * ExitHistogram::kTags + right];
            for (std::size_t bin = 0; bin < kBins; ++bin)  // signed integers become doubles faster
                sums[bin] += change * static_cast<double>(static_cast<std::int32_t>(images[2 * bin]));
        }
    }
    Bottoms& bottoms = bottoms_[static_cast<std::size_t>(index)];
    sink(column, table, bottoms);
    slope_.least = kInfinity;
    double sum = 0;
    for (std::size_t bin = 0; bin < kBins; ++bin) {
        slope_.starts[bin] = sum;
        if (!bottoms.exact[bin]) bottoms.depths[bin] = std::max(bottoms.depths[bin], better[bin]);
        slope_.least = std::min(slope_.least, sum + bottoms.depths[bin]);
        sum += worse[bin] + better[bin];
        slope_.ends[bin] = sum;
    }
}

// Brings what is known of the bins to where the assignment stands now.
void LineSearch::sink(const SearchSpace::Column& column, const ExitHistogram::Table& table,
                      Bottoms& bottoms) const {
    if (bottoms.changes.empty()) {
        bottoms.depths.fill(-kInfinity);
    } else {
        double low = 0, high = 0, shift = 0;  // NaN is in no comparison: its cell has no images that stayed
        for (std::size_t c = 0; c < changes_.size(); ++c) {
            const double was = bottoms.changes[c], is = changes_[c];
            for (const double change : {was, is}) {
                if (change < low) low = change;
                if (change > high) high = change;
            }
            if (std::abs(is - was) > shift) shift = std::abs(is - was);
        }
        for (std::size_t bin = 0; bin < kBins; ++bin) {
            const auto moved = static_cast<double>(table.moved[bin] - bottoms.moved[bin]);
            const double sunk = moved * (high - low) + shift * (column.bins[bin + 1] - column.bins[bin]);
            bottoms.depths[bin] -= sunk;
            bottoms.exact[bin] = bottoms.exact[bin] && sunk == 0;
        }
    }
    bottoms.changes = changes_;
    bottoms.moved = table.moved;
}

// Entries before the first image that arrives: no cut among them lets anybody go.
std::size_t LineSearch::idle_entries(const SearchSpace::Column& column) const {
    const auto arrives = [&](const CutEntry& entry) { return cell(entry.image()) != 0; };
    const auto first = std::find_if(column.order.begin(), column.order.end(), arrives);
    return static_cast<std::size_t>(first - column.order.begin());
}

// The lowest sum at a cut inside a bin, its end included. Without branches: near the lowest they are hard to
// predict.
double LineSearch::lowest_in(const SearchSpace::Column& column, std::size_t bin, std::size_t idle) const {
    double lowest = kInfinity;
    double sum = slope_.starts[bin];
    for (std::size_t k = std::max<std::size_t>(idle, column.bins[bin]); k < column.bins[bin + 1]; ++k) {
        const CutEntry entry = column.order[k];
        sum += changes_[2 * cell(entry.image()) + entry.right()];
        lowest = std::min(lowest, entry.last() ? sum : kInfinity);
    }
    return lowest;
}

// The same as it is known, or becomes so. Bins that begin before the first arrival are not remembered.
double LineSearch::lowest_of(const SearchSpace::Column& column, std::size_t bin, std::size_t idle,
                             Bottoms& bottoms) const {
    if (idle > column.bins[bin]) return lowest_in(column, bin, idle);
    if (!bottoms.exact[bin]) {
        bottoms.depths[bin] = lowest_in(column, bin, idle) - slope_.starts[bin];
        bottoms.exact[bin] = true;
    }
    return slope_.starts[bin] + bottoms.depths[bin];
}

// The first cut inside a bin that is down at `enough`; where rounding hides it, the lowest.
LineSearch::Cut LineSearch::first_down(const SearchSpace::Column& column, std::size_t bin, std::size_t idle,
                                       double enough) const {
    Cut lowest{kInfinity, 0};
    double sum = slope_.starts[bin];
    for (std::size_t k = std::max<std::size_t>(idle, column.bins[bin]); k < column.bins[bin + 1]; ++k) {
        const CutEntry entry = column.order[k];
        sum += changes_[2 * cell(entry.image()) + entry.right()];
        if (!entry.last() || sum >= lowest.change) continue;
        lowest = {sum, k + 1};
        if (sum <= enough) break;
    }
    return lowest;
}

// Of equal cuts the first has the fewest exiting.
LineSearch::Cut LineSearch::lowest_cut(const SearchSpace::Column& column, Bottoms& bottoms, bool cost_is_good,
                                       double bound) const {
    if (slope_.least >= bound) return {0, 0};
    // That nobody leaves by a head that is on cannot be best, unless its cost is welcome.
    const std::size_t idle = cost_is_good ? idle_entries(column) : 0;
    double lowest = cost_is_good ? bound : std::min(0.0, bound);
    for (std::size_t bin = 0; bin < kBins; ++bin)
        if (column.bins[bin + 1] > idle) lowest = std::min(lowest, slope_.ends[bin]);
    std::array<double, kBins> found;
    found.fill(kInfinity);
    for (std::size_t bin = 0; bin < kBins; ++bin) {
        if (column.bins[bin + 1] <= idle || slope_.starts[bin] + bottoms.depths[bin] > lowest + kSameValue)
            continue;
        found[bin] = lowest_of(column, bin, idle, bottoms);
        lowest = std::min(lowest, found[bin]);
    }
    const double enough = lowest + kSameValue;
    if (!cost_is_good && enough >= 0) return {0, 0};
    const auto first =
        std::find_if(found.begin(), found.end(), [&](double change) { return change <= enough; });
    if (first == found.end()) return {0, 0};
    return first_down(column, static_cast<std::size_t>(first - found.begin()), idle, enough);
}

// Between the last score that leaves and the first of an arriving image that stays.
double LineSearch::threshold(const SearchSpace::Column& column, std::size_t entries) const {
    const double above = column.scores[column.order[entries - 1].image()];
    for (std::size_t k = entries; k < column.order.size(); ++k)
        if (cell(column.order[k].image()) != 0) return (above + column.scores[column.order[k].image()]) / 2;
    return kNoScore;
}

std::int64_t LineSearch::exiting(const Choice& choice) const {
    if (!choice.on()) return 0;
    const float* scores = assignment_.space().column(choice.column).scores;
    std::int64_t count = 0;
    for (std::size_t i = 0; i < assignment_.space().images(); ++i)
        count += scores[i] > choice.threshold && cell(i) != 0 ? 1 : 0;
    return count;
}

ExitStep LineSearch::best_step(std::size_t position, const Objective& objective, double bound) {
    const SearchSpace& space = assignment_.space();
    look_at(position, objective);
    ExitStep best{staying_, {}};
    if (arriving_ == 0) return best;
    for (const int index : space.columns_at(position)) {
        const SearchSpace::Column& column = space.column(index);
        set_slope(index, objective);
        const double useful = std::min(bound, best.value + 2 * kSameValue);  // equals are compared
        const Cut cut = lowest_cut(column, bottoms_[static_cast<std::size_t>(index)], objective.per_cost < 0,
                                   useful - slope_.met);
        if (cut.entries == 0) continue;
        const ExitStep step{slope_.met + cut.change, {index, threshold(column, cut.entries)}};
        const bool same = std::abs(step.value - best.value) <= kSameValue;
        if (same ? exiting(step.choice) < exiting(best.choice) : step.value < best.value) best = step;
    }
    return best;
}

double LineSearch::least_value(std::size_t position, const Objective& objective) {
    look_at(position, objective);
    double least = staying_;
    if (arriving_ == 0) return least;
    for (const int column : assignment_.space().columns_at(position)) {
        set_slope(column, objective);
        least = std::min(least, slope_.met + slope_.least);
    }
    return least;
}

}  // namespace dyce
