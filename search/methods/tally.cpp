#include "search/methods/tally.h"

#include <algorithm>

namespace dyce {
namespace {

// Of all tables; heads beyond it share one, and are counted anew each time.
constexpr std::size_t kMostBytes = std::size_t{64} << 20;

std::size_t cells(const SearchSpace& space, std::size_t position) {
    return 2 * (space.positions() - position) + 1;
}

}  // namespace

Tally::Tally(const Walk& walk) : walk_(walk) {
    const SearchSpace& space = walk.space();
    std::size_t bytes = 0, own = 0;
    for (; own + 1 < space.meta().heads.size(); ++own) {
        bytes += cells(space, space.column(static_cast<int>(own)).position) * kTags * sizeof(std::uint32_t);
        if (bytes > kMostBytes) break;
    }
    tables_.resize(own + 1);
}

const Tally::Table& Tally::of(int column) {
    Table& table = tables_[std::min(static_cast<std::size_t>(column), tables_.size() - 1)];
    const SearchSpace::Column& own = walk_.space().column(column);
    if (table.column == column && walk_.remembers(table.version))
        follow(own, table);
    else
        count(own, table);
    table.column = column;
    table.version = walk_.version();
    return table;
}

void Tally::follow(const SearchSpace::Column& column, Table& table) const {
    walk_.visit_moves(table.version, column.position, [&](const Walk::Move& move) {
        const std::size_t tag = column.tags[move.picture];
        const std::size_t from = cell(column.position, move.from), to = cell(column.position, move.to);
        --table.counts[from * kTags + tag];
        ++table.counts[to * kTags + tag];
        table.moved[tag / 2] += from != to ? 1 : 0;
    });
}

void Tally::count(const SearchSpace::Column& column, Table& table) const {
    std::vector<std::uint32_t>& counts = table.counts;
    for (std::size_t bin = 0; bin < SearchSpace::kBins; ++bin)
        table.moved[bin] += column.bins[bin + 1] - column.bins[bin];  // at most
    counts.assign(cells(walk_.space(), column.position) * kTags, 0);
    if (walk_.all_off()) {
        std::copy(column.by_final[1].begin(), column.by_final[1].end(), counts.end() - kTags);
        std::copy(column.by_final[0].begin(), column.by_final[0].end(), counts.end() - 2 * kTags);
        return;
    }
    const std::vector<Walk::Codes>& codes = walk_.codes();
    for (std::size_t i = 0; i < codes.size(); ++i)
        ++counts[cell(column.position, codes[i]) * kTags + column.tags[i]];
}

}  // namespace dyce
