// Covers sort_by_confidence, search/record/split_record.
// The search's counts, which follow the moves of images, against counts made from the definition.
#include "search/methods/exit_histogram.h"

#include "search/methods/sort_by_confidence.h"
#include "search/record/split_record.h"
#include "tests/search/methods/random_record.h"

#include <dyce/error.h>

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <tuple>
#include <vector>

using namespace dyce;
using namespace dyce::test;

namespace {

std::size_t position_of(const Record& record, int column) {
    return static_cast<std::size_t>(record.meta.heads[static_cast<std::size_t>(column)].position);
}

bool is_right(const Record& record, int column, std::size_t image) {
    return record.columns[static_cast<std::size_t>(column)].predictions[image] == record.labels[image];
}

// Of an image with this score, where the column is right or not. The space numbers images on its own.
std::size_t tag_of(const SearchSpace::Column& column, float score, bool right) {
    std::size_t bin = 0;
    while (bin < SearchSpace::kBins) {
        const auto begin = column.order.begin() + column.bins[bin],
                   end = column.order.begin() + column.bins[bin + 1];
        if (std::any_of(begin, end,
                        [&](const CutEntry& entry) { return column.scores[entry.image()] == score; }))
            break;
        ++bin;
    }
    return 2 * bin + (right ? 1 : 0);
}

// How many images there are by where they leave when nobody leaves at the column's position, whether they
// are right there, and the column's tag.
using Counts = std::map<std::tuple<std::size_t, bool, std::size_t>, std::uint32_t>;

Counts plain_counts(const Record& record, const CostTable& costs, const SearchSpace& space, Choices choices,
                    int column) {
    const std::size_t position = position_of(record, column);
    choices[position] = {};
    const PlainResult result = simulate_plainly(record, costs, choices);
    Counts counts;
    for (std::size_t i = 0; i < record.images; ++i) {
        const int exit_column = result.columns[i];
        if (position_of(record, exit_column) <= position) continue;
        const float score = record.columns[static_cast<std::size_t>(column)].scores[0][i];
        ++counts[{position_of(record, exit_column), is_right(record, exit_column, i),
                  tag_of(space.column(column), score, is_right(record, column, i))}];
    }
    return counts;
}

Counts tallied_counts(ExitHistogram& histogram, const SearchSpace& space, int column) {
    const std::uint32_t* counts = histogram.of(column).counts.data();
    const std::size_t position = space.column(column).position;
    Counts found;
    for (std::size_t p = position + 1; p <= space.positions(); ++p)
        for (const std::size_t right : {0u, 1u}) {
            const auto code = static_cast<std::uint16_t>(2 * p + right);
            const std::uint32_t* cell =
                counts + ExitHistogram::cell(position, {code, code}) * ExitHistogram::kTags;
            for (std::size_t tag = 0; tag < ExitHistogram::kTags; ++tag)
                if (cell[tag] != 0) found[{p, right != 0, tag}] = cell[tag];
        }
    return found;
}

}  // namespace

TEST_CASE("a tally follows a walk through changes of one position and of all") {
    for (unsigned seed = 0; seed < 100; ++seed) {
        CAPTURE(seed);
        const Record record = random_record(seed, seed % 2 == 0 ? 24 : 400);
        const CostTable costs = macs_table(record.meta);
        const SearchSpace space(record, 0, costs, 1);
        Dice dice(seed);
        ExitAssignment assignment(space);
        ExitHistogram histogram(assignment);
        for (int change = 0; change < 30; ++change) {
            const Choices other = random_choices(record, dice, 50);
            const auto position = static_cast<std::size_t>(dice.below(static_cast<int>(other.size())));
            if (dice.chance(15))
                assignment.set(other);
            else
                assignment.set(position, dice.chance(70) ? other[position] : Choice{});
            for (int column = 0; column + 1 < static_cast<int>(record.columns.size()); ++column) {
                if (dice.chance(50)) continue;  // some counts are several changes behind
                CHECK(tallied_counts(histogram, space, column) ==
                      plain_counts(record, costs, space, assignment.choices(), column));
            }
        }
    }
}

TEST_CASE("most probable first, a record says the same of each image") {
    for (unsigned seed = 0; seed < 20; ++seed) {
        CAPTURE(seed);
        const Record record = random_record(seed);
        const Record sorted = sort_by_confidence(record, 0);
        using Row = std::vector<double>;  // the mean score, the label, and what each column says
        const auto rows_of = [](const Record& of) {
            std::vector<Row> rows(of.images);
            for (std::size_t i = 0; i < of.images; ++i) {
                float sum = 0;
                for (const RecordColumn& column : of.columns) sum += column.scores[0][i];
                rows[i] = {static_cast<double>(-sum), static_cast<double>(of.labels[i])};
                for (const RecordColumn& column : of.columns) {
                    rows[i].push_back(column.predictions[i]);
                    rows[i].push_back(static_cast<double>(column.scores[0][i]));
                }
            }
            return rows;
        };
        auto before = rows_of(record), after = rows_of(sorted);
        CHECK(std::is_sorted(after.begin(), after.end(),
                             [](const Row& a, const Row& b) { return a[0] < b[0]; }));
        std::sort(before.begin(), before.end());
        std::sort(after.begin(), after.end());
        CHECK(before == after);
    }
}

TEST_CASE("a record is split into the images at even places and those at odd ones") {
    for (unsigned seed = 0; seed < 20; ++seed) {
        CAPTURE(seed);
        const Record record = random_record(seed);
        if (record.images < 2) {
            CHECK_THROWS_WITH_AS(halves_of(record), doctest::Contains("too few images"), Error);
            continue;
        }
        const auto [even, odd] = halves_of(record);
        REQUIRE(even.images + odd.images == record.images);
        for (std::size_t i = 0; i < record.images; ++i) {
            const Record& half = i % 2 == 0 ? even : odd;
            CHECK(half.labels[i / 2] == record.labels[i]);
            for (std::size_t c = 0; c < record.columns.size(); ++c) {
                CHECK(half.columns[c].predictions[i / 2] == record.columns[c].predictions[i]);
                CHECK(half.columns[c].scores[0][i / 2] == record.columns[c].scores[0][i]);
            }
        }
        CHECK(odd.meta.shard_images() == static_cast<std::int64_t>(odd.images));
        CHECK(even.meta.shard_images() == static_cast<std::int64_t>(even.images));
    }
}
