#include "search/line_search.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace dyce {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

}  // namespace

// Fills counts_, arrivals_ and cells_.
void LineSearch::look_ahead(std::size_t position) {
    const auto& stops = walk_.stops();
    const auto found = std::lower_bound(stops.begin(), stops.end(), position);
    const auto stop = static_cast<std::size_t>(found - stops.begin());
    const bool is_on = *found == position;
    const std::size_t first_code = 2 * (is_on ? stop + 1 : stop);
    // Neighbours that are off look ahead to the same.
    if (seen_version_ == walk_.version() && first_arriving_ == stop * 2 && first_code_ == first_code) return;
    seen_version_ = walk_.version();
    first_arriving_ = stop * 2;
    first_code_ = first_code;

    counts_.resize(stops.size() * 2);
    for (std::size_t code = 0; code < counts_.size(); ++code) {
        counts_[code] = walk_.leaving(code);
        if (is_on) counts_[code] = code / 2 == stop ? 0 : counts_[code] + walk_.leaving(stop, code);
    }
    fill_cells();
    std::size_t count = 0;
    arrivals_.resize(cells_.size());
    for (std::size_t i = 0; i < cells_.size(); ++i) {
        arrivals_[count] = static_cast<std::uint32_t>(i);
        count += cells_[i] != 0 ? 1 : 0;
    }
    arrivals_.resize(count);
}

// Without branches: who arrives and who passes is hard to predict.
void LineSearch::fill_cells() {
    const std::size_t pictures = walk_.leaves().size();
    const std::uint16_t* leaves = walk_.leaves().data();
    const std::uint16_t* next = walk_.next().data();
    const auto first_arriving = static_cast<int>(first_arriving_);
    const auto first_code = static_cast<int>(first_code_);
    cells_.resize(pictures);
    std::uint16_t* cells = cells_.data();
    for (std::size_t i = 0; i < pictures; ++i) {
        const int arrives = -static_cast<int>(leaves[i] >= first_arriving);
        const int passes = -static_cast<int>(leaves[i] >= first_code);
        const int code = (leaves[i] & passes) | (next[i] & ~passes);
        cells[i] = static_cast<std::uint16_t>(2 * (code - first_code + 1) & arrives);
    }
}

double LineSearch::value_staying(const Choices& choices, const Objective& objective) const {
    const auto costs = leaving_costs(walk_.space().meta(), walk_.space().costs(), choices);
    const auto exits_on =
        std::count_if(choices.begin(), choices.end(), [](const Choice& choice) { return choice.on(); });
    double correct = 0;
    double cost = 0;
    for (std::size_t code = 0; code < counts_.size(); ++code) {
        const auto pictures = static_cast<double>(counts_[code]);
        correct += (code & 1) != 0 ? pictures : 0;
        cost += pictures * costs[walk_.stops()[code / 2]];
    }
    return objective(correct, cost) + objective.per_exit * static_cast<double>(exits_on);
}

// Fills changes_. They are the same for all heads of the position: whoever leaves there has met the head,
// too.
void LineSearch::set_changes(std::size_t position, const Objective& objective) {
    const SearchSpace& space = walk_.space();
    Choices choices = walk_.choices();
    choices[position].column = space.columns_at(position).front();
    const auto costs = leaving_costs(space.meta(), space.costs(), choices);
    changes_.assign(2 + 2 * (counts_.size() - first_code_), 0);
    for (std::size_t code = first_code_; code < counts_.size(); ++code) {
        const double saved = objective.per_cost * (costs[walk_.stops()[code / 2]] - costs[position]);
        const double was_right = (code & 1) != 0 ? 1 : 0;
        double* change = &changes_[2 * (code - first_code_ + 1)];
        change[0] = objective.per_correct * was_right - saved;
        change[1] = objective.per_correct * (was_right - 1) - saved;
    }
}

// Several columns at once: pictures and cells are read once for all.
template <std::size_t kCount>
void LineSearch::fill_bins(const int* columns, Bins* bins) const {
    std::array<const std::uint8_t*, kCount> tags;
    for (std::size_t c = 0; c < kCount; ++c) {
        tags[c] = walk_.space().column(columns[c]).tags.data();
        bins[c] = {};
    }
    const std::uint16_t* cells = cells_.data();
    const double* changes = changes_.data();
    for (const std::uint32_t picture : arrivals_) {
        const double* by_right = changes + cells[picture];
        for (std::size_t c = 0; c < kCount; ++c) {
            const std::size_t tag = tags[c][picture];
            const double change = by_right[tag & 1];
            bins[c][tag / 2][std::signbit(change) ? 1 : 0] += change;
        }
    }
}

void LineSearch::fill_bins(const std::vector<int>& columns) {
    bins_.resize(columns.size());
    std::size_t c = 0;
    for (; c + 4 <= columns.size(); c += 4) fill_bins<4>(&columns[c], &bins_[c]);
    for (; c + 2 <= columns.size(); c += 2) fill_bins<2>(&columns[c], &bins_[c]);
    if (c < columns.size()) fill_bins<1>(&columns[c], &bins_[c]);
}

// Entries before the first picture that arrives: no cut among them lets anybody go.
std::size_t LineSearch::idle_entries(const SearchSpace::Column& column) const {
    const auto arrives = [&](const CutEntry& entry) { return cells_[entry.picture()] != 0; };
    const auto first = std::find_if(column.order.begin(), column.order.end(), arrives);
    return static_cast<std::size_t>(first - column.order.begin());
}

// The lowest cut inside a bin, its end included, or the first that is down at `enough`.
LineSearch::Cut LineSearch::walk_bin(const SearchSpace::Column& column, std::size_t bin, std::size_t idle,
                                     double start, double enough) const {
    Cut lowest{kInfinity, 0};
    double sum = start;
    for (std::size_t k = std::max<std::size_t>(idle, column.bins[bin]); k < column.bins[bin + 1]; ++k) {
        const CutEntry entry = column.order[k];
        sum += changes_[cells_[entry.picture()] + entry.right()];
        if (!entry.last() || sum >= lowest.change) continue;
        lowest = {sum, k + 1};
        if (sum <= enough) break;
    }
    return lowest;
}

// Of equal cuts the first has the fewest leavers.
LineSearch::Cut LineSearch::lowest_cut(const SearchSpace::Column& column, const Bins& bins, bool cost_is_good,
                                       double bound) const {
    // That nobody leaves by a head that is on cannot be best, unless its cost is welcome.
    const std::size_t idle = cost_is_good ? idle_entries(column) : 0;
    double lowest = cost_is_good ? kInfinity : 0;
    double least = kInfinity;
    std::array<double, kBins> starts;
    double sum = 0;
    for (std::size_t bin = 0; bin < kBins; ++bin) {
        starts[bin] = sum;
        least = std::min(least, sum + bins[bin][1]);
        sum += bins[bin][0] + bins[bin][1];
        if (column.bins[bin + 1] > idle) lowest = std::min(lowest, sum);
    }
    if (least >= bound) return {0, 0};
    const auto may_hold = [&](std::size_t bin, double value) { return starts[bin] + bins[bin][1] <= value; };
    for (std::size_t bin = 0; bin < kBins; ++bin)
        if (may_hold(bin, lowest + kSameValue))
            lowest = std::min(lowest, walk_bin(column, bin, idle, starts[bin], -kInfinity).change);
    const double enough = lowest + kSameValue;
    if (!cost_is_good && enough >= 0) return {0, 0};
    for (std::size_t bin = 0; bin < kBins; ++bin) {
        if (!may_hold(bin, enough)) continue;
        const Cut cut = walk_bin(column, bin, idle, starts[bin], enough);
        if (cut.change <= enough) return cut;
    }
    return {0, 0};
}

// Between the last score that leaves and the first of an arriving picture that stays.
double LineSearch::threshold(const SearchSpace::Column& column, std::size_t entries) const {
    const double above = column.scores[column.order[entries - 1].picture()];
    for (std::size_t k = entries; k < column.order.size(); ++k)
        if (cells_[column.order[k].picture()] != 0)
            return (above + column.scores[column.order[k].picture()]) / 2;
    return kNoScore;
}

std::int64_t LineSearch::leavers(const Choice& choice) const {
    if (!choice.on()) return 0;
    const float* scores = walk_.space().column(choice.column).scores;
    return std::count_if(arrivals_.begin(), arrivals_.end(),
                         [&](std::uint32_t picture) { return scores[picture] > choice.threshold; });
}

Step LineSearch::best_step(std::size_t position, const Objective& objective, double bound) {
    const SearchSpace& space = walk_.space();
    const std::vector<int>& columns = space.columns_at(position);
    look_ahead(position);
    Choices choices = walk_.choices();
    choices[position] = {};
    Step best{value_staying(choices, objective), {}};
    if (columns.empty() || arrivals_.empty()) return best;
    set_changes(position, objective);
    fill_bins(columns);
    for (std::size_t c = 0; c < columns.size(); ++c) {
        const SearchSpace::Column& column = space.column(columns[c]);
        // All who arrive meet the head; some leave by it.
        choices[position] = {columns[c], kNoScore};
        const double met = value_staying(choices, objective);
        const Cut cut = lowest_cut(column, bins_[c], objective.per_cost < 0, bound - met);
        if (cut.entries == 0) continue;
        choices[position].threshold = threshold(column, cut.entries);
        const Step step{met + cut.change, choices[position]};
        const bool same = std::abs(step.value - best.value) <= kSameValue;
        if (same ? leavers(step.choice) < leavers(best.choice) : step.value < best.value) best = step;
    }
    return best;
}

}  // namespace dyce
