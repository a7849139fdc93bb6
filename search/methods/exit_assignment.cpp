#include "search/methods/exit_assignment.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <utility>

namespace dyce {
namespace {

constexpr std::size_t kBlock = 2048;  // images whose codes stay in the first-level cache

// More moves than this part of the images take longer to follow than all images take to be counted anew.
constexpr std::size_t kMostMoves = 3;
// More images than this part that fire, or no longer, are faster looked at with all others, in order.
constexpr std::size_t kMostAltered = 16;

// The smallest score that is above `threshold`.
float lowest_above(double threshold) {
    const auto nearest = static_cast<float>(threshold);
    return nearest > threshold ? nearest : std::nextafter(nearest, INFINITY);
}

// `a` where the mask is all ones, `b` where it is 0. Without branches: who leaves is hard to predict.
std::uint16_t choose(int mask, int a, int b) { return static_cast<std::uint16_t>((a & mask) | (b & ~mask)); }

}  // namespace

ExitAssignment::ExitAssignment(const SearchSpace& space)
    : space_(&space),
      most_moves_(space.images() / kMostMoves),
      choices_(space.positions()),
      stops_{space.positions()},
      codes_(space.images()),
      exiting_(2 * (space.positions() + 1)) {
    settle(0, codes_.size());
    for (const Codes& codes : codes_) ++exiting_[codes.exits];
}

void ExitAssignment::set(std::size_t position, const Choice& choice) {
    if (choices_[position] == choice) return;
    const Choice before = std::exchange(choices_[position], choice);
    // A column's order lacks images without a score, which thresholds below any score let go.
    const bool in_order = (!before.on() || !choice.on() || before.column == choice.column) &&
                          before.threshold >= kNoScore && choice.threshold >= kNoScore;
    const auto few = in_order ? altered(position, before, choice) : std::span<const CutEntry>();
    const Stop stop = stop_at(position, choice.on() ? choice : before);
    if (in_order && few.size() <= codes_.size() / kMostAltered)
        change(position, [&] {
            for (const CutEntry entry : few) {
                const std::size_t i = entry.image();
                note_move(i, codes_[i], toggled(i, stop, choice.on() && stop.fires(i)));
            }
            limit_moves();
        });
    else if (before.on())
        change_all(position, [&](std::size_t begin, std::size_t end) { settle(begin, end); });
    else
        change_all(position, [&](std::size_t begin, std::size_t end) { insert(stop, begin, end); });
}

void ExitAssignment::set(const Choices& choices) {
    if (choices_ == choices) return;
    choices_ = choices;
    change_all(kAll, [&](std::size_t begin, std::size_t end) { settle(begin, end); });
}

ExitAssignment::Stop ExitAssignment::stop_at(std::size_t position, const Choice& choice) const {
    const SearchSpace::Column& column = space_->column(choice.column);
    return {static_cast<std::uint16_t>(2 * position), lowest_above(choice.threshold), column.scores,
            column.tags.data()};
}

// The images that fire at the position under one of two choices of the same head.
std::span<const CutEntry> ExitAssignment::altered(std::size_t position, const Choice& before,
                                                  const Choice& now) const {
    const SearchSpace::Column& column = space_->column(before.on() ? before.column : now.column);
    const auto firing = [&](const Choice& choice) {
        if (!choice.on()) return column.order.begin();
        const Stop stop = stop_at(position, choice);
        return std::partition_point(column.order.begin(), column.order.end(),
                                    [&](const CutEntry& entry) { return stop.fires(entry.image()); });
    };
    const auto was = firing(before), is = firing(now);
    return {std::min(was, is), std::max(was, is)};
}

// The choices are new; `update` brings the codes up to date and notes every move.
template <class Update>
void ExitAssignment::change(std::size_t position, const Update& update) {
    stops_.clear();
    exits_.clear();
    for (std::size_t p = 0; p < choices_.size(); ++p) {
        if (!choices_[p].on()) continue;
        stops_.push_back(p);
        exits_.push_back(stop_at(p, choices_[p]));
    }
    stops_.push_back(choices_.size());
    changes_.push_back({position, moves_.size(), 0, 0});
    overflowed_ = false;
    update();
    ++version_;
    if (overflowed_)
        forget_moves();
    else
        sort_moves(changes_.back());
}

void ExitAssignment::forget_moves() {
    moves_.clear();
    changes_.clear();
    first_noted_ = ++version_;
}

// Those that only changed what is next come last; of the others, the latest positions first.
void ExitAssignment::sort_moves(Change& change) {
    const auto group = [&](const Move& move) {
        return move.from.exits == move.to.exits ? space_->positions() + 1 : space_->positions() - move.last();
    };
    std::vector<std::size_t> ends(space_->positions() + 3, 0);
    for (std::size_t m = change.begin; m < moves_.size(); ++m) ++ends[group(moves_[m]) + 1];
    std::partial_sum(ends.begin(), ends.end(), ends.begin());
    change.end = moves_.size();
    change.next_only = change.begin + ends[space_->positions() + 1];
    sorting_.assign(moves_.begin() + static_cast<std::ptrdiff_t>(change.begin), moves_.end());
    for (const Move& move : sorting_) moves_[change.begin + ends[group(move)]++] = move;
}

// The same where `update` does it for images begin .. end - 1.
template <class Update>
void ExitAssignment::change_all(std::size_t position, const Update& update) {
    change(position, [&] {
        std::array<Codes, kBlock> before;
        std::array<std::size_t, kBlock> moved;
        for (std::size_t begin = 0; begin < codes_.size(); begin += kBlock) {
            const std::size_t count = std::min(codes_.size() - begin, kBlock);
            std::copy_n(&codes_[begin], count, before.begin());
            update(begin, begin + count);
            std::size_t moves = 0;
            for (std::size_t i = 0; i < count; ++i) {
                moved[moves] = i;
                moves += before[i] == codes_[begin + i] ? 0 : 1;
            }
            for (const std::size_t i : std::span(moved).first(moves))
                note_move(begin + i, before[i], codes_[begin + i]);
            limit_moves();
        }
    });
}

// Codes as the choices give them, whatever they were. From the last exit to the first: an image that leaves
// here would otherwise have left where it did so far.
void ExitAssignment::settle(std::size_t begin, std::size_t end) {
    const std::uint8_t* final_tags = space_->final_column().tags.data();
    const auto final_code = static_cast<int>(2 * space_->positions());
    Codes* codes = codes_.data();
    for (std::size_t i = begin; i < end; ++i)
        codes[i].exits = codes[i].next = static_cast<std::uint16_t>(final_code | (final_tags[i] & 1));
    for (auto stop = exits_.rbegin(); stop != exits_.rend(); ++stop) {
        const Stop exit = *stop;
        for (std::size_t i = begin; i < end; ++i) {
            const int here = -static_cast<int>(exit.fires(i));
            const Codes so_far = codes[i];
            codes[i] = {choose(here, exit.code_of(i), so_far.exits), choose(here, so_far.exits, so_far.next)};
        }
    }
}

// One exit more, wherever it is.
void ExitAssignment::insert(const Stop& stop, std::size_t begin, std::size_t end) {
    const Stop exit = stop;
    Codes* codes = codes_.data();
    for (std::size_t i = begin; i < end; ++i) {
        const Codes so_far = codes[i];
        const int fires = -static_cast<int>(exit.fires(i));
        const int arrives = -static_cast<int>(so_far.exits > exit.code) & fires;
        const int would_arrive = -static_cast<int>(so_far.next > exit.code) & fires;
        const int own = exit.code_of(i);
        codes[i] = {choose(arrives, own, so_far.exits),
                    choose(arrives, so_far.exits, choose(would_arrive, own, so_far.next))};
    }
}

// The codes of an image that now fires at an exit, or no longer.
ExitAssignment::Codes ExitAssignment::toggled(std::size_t image, const Stop& stop, bool fires) const {
    const Codes now = codes_[image];
    const auto own = static_cast<std::uint16_t>(stop.code_of(image));
    if (fires) return now.exits > own ? Codes{own, now.exits} : Codes{now.exits, std::min(now.next, own)};
    if (now.exits == own) return {now.next, next_after(image, now.next)};
    if (now.next == own) return {now.exits, next_after(image, own)};
    return now;
}

// Where an image would leave that passes the exit of this code.
std::uint16_t ExitAssignment::next_after(std::size_t image, int code) const {
    for (const Stop& exit : exits_)
        if (exit.code > code && exit.fires(image)) return static_cast<std::uint16_t>(exit.code_of(image));
    return static_cast<std::uint16_t>(2 * space_->positions() | (space_->final_column().tags[image] & 1));
}

void ExitAssignment::note_move(std::size_t image, Codes from, Codes to) {
    if (from == to) return;
    codes_[image] = to;
    --exiting_[from.exits];
    ++exiting_[to.exits];
    moves_.push_back({static_cast<std::uint32_t>(image), from, to});
}

// When moves are too many, what came before this change is forgotten, or even this change.
void ExitAssignment::limit_moves() {
    if (overflowed_) moves_.clear();
    if (moves_.size() <= most_moves_) return;
    Change& now = changes_.back();
    moves_.erase(moves_.begin(), moves_.begin() + static_cast<std::ptrdiff_t>(now.begin));
    now.begin = 0;
    changes_.assign(1, Change(now));
    first_noted_ = version_;
    overflowed_ = moves_.size() > most_moves_;
}

Solution ExitAssignment::solution() const {
    Solution solution{choices_};
    const auto costs = exit_costs(space_->meta(), space_->costs(), choices_);
    for (const std::size_t stop : stops_)
        for (const std::size_t right : {0u, 1u}) {
            const auto images = static_cast<double>(exiting_[2 * stop + right]);
            solution.cost += costs[stop] * images;
            solution.correct += right != 0 ? images : 0;
        }
    return solution;
}

}  // namespace dyce
