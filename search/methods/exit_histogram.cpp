#include "search/methods/exit_histogram.h"

#include <algorithm>

namespace dyce {
namespace {

// Of all tables; heads beyond it share one, and are counted anew each time.
constexpr std::size_t kMostBytes = std::size_t{64} << 20;

std::size_t cells(const SearchSpace& space, std::size_t position) {
    return 2 * (space.positions() - position) + 1;
}

}  // namespace

ExitHistogram::ExitHistogram(const ExitAssignment& assignment) : assignment_(assignment) {
    const SearchSpace& space = assignment.space();
    std::size_t bytes = 0, own = 0;
    for (; own + 1 < space.meta().heads.size(); ++own) {
        bytes += cells(space, space.column(static_cast<int>(own)).position) * kTags * sizeof(std::uint32_t);
        if (bytes > kMostBytes) break;
    }
    tables_.resize(own + 1);
}

const ExitHistogram::Table& ExitHistogram::of(int column) {
    Table& table = tables_[std::min(static_cast<std::size_t>(column), tables_.size() - 1)];
    const SearchSpace::Column& own = assignment_.space().column(column);
    if (table.column == column && assignment_.remembers(table.version))
        follow(own, table);
    else
        count(own, table);
    table.column = column;
    table.version = assignment_.version();
    return table;
}

void ExitHistogram::follow(const SearchSpace::Column& column, Table& table) const {
    assignment_.visit_moves(table.version, column.position, [&](const ExitAssignment::Move& move) {
        const std::size_t tag = column.tags[move.image];
        const std::size_t from = cell(column.position, move.from), to = cell(column.position, move.to);
        --table.counts[from * kTags + tag];
        ++table.counts[to * kTags + tag];
        table.moved[tag / 2] += from != to ? 1 : 0;
    });
}

void ExitHistogram::count(const SearchSpace::Column& column, Table& table) const {
    std::vector<std::uint32_t>& counts = table.counts;
    for (std::size_t bin = 0; bin < SearchSpace::kBins; ++bin)
        table.moved[bin] += column.bins[bin + 1] - column.bins[bin];  // at most
    counts.assign(cells(assignment_.space(), column.position) * kTags, 0);
    if (assignment_.all_off()) {
        std::copy(column.by_final[1].begin(), column.by_final[1].end(), counts.end() - kTags);
        std::copy(column.by_final[0].begin(), column.by_final[0].end(), counts.end() - 2 * kTags);
        return;
    }
    const std::vector<ExitAssignment::Codes>& codes = assignment_.codes();
    for (std::size_t i = 0; i < codes.size(); ++i)
        ++counts[cell(column.position, codes[i]) * kTags + column.tags[i]];
}

}  // namespace dyce
