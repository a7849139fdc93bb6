// Row sets against plain lists that hold the same: what comes out of random sequences, and that nothing is
// allocated on the way.
#include "runtime/flow/row_set.h"

#include "tests/support/allocations.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <random>
#include <vector>

using dyce::RowSet;

namespace {

using List = std::vector<int>;  // by place; -1 = vacant

List list_of(const RowSet& set) {
    List list;
    for (std::size_t place = 0; place < set.places(); ++place) list.push_back(set[place]);
    return list;
}

List without_vacant(List list) {
    std::erase(list, RowSet::kVacant);
    return list;
}

// Rows of the first places stay; each vacant place among them, from the front, takes the last row there is.
List compacted(List list) {
    const std::size_t left = without_vacant(list).size();
    for (std::size_t place = 0; place < left; ++place) {
        if (list[place] != RowSet::kVacant) continue;
        while (list.back() == RowSet::kVacant) list.pop_back();
        list[place] = list.back();
        list.pop_back();
    }
    list.resize(left);
    return list;
}

template <class Work>
void without_allocation(const Work& work) {
    const auto before = dyce::test::allocation_count();
    work();
    const auto allocated = dyce::test::allocation_count() - before;
    CHECK(allocated == 0);
}

// A random set of `rows` rows, some of which have been taken; 0 .. rows - 1 in some order before that.
void mix(RowSet& set, int rows, std::mt19937& random) {
    set.fill(rows);
    for (int round = 0; round < 3; ++round) {
        for (std::size_t place = 0; place < set.places(); ++place)
            if (random() % 5 == 0) set.take(place);
        set.compact();
    }
    for (std::size_t place = 0; place < set.places(); ++place)
        if (random() % 3 == 0) set.take(place);
}

}  // namespace

TEST_CASE("row sets: rows are taken one by one, whatever else there is") {
    RowSet set(4);
    set.fill(4);
    CHECK(list_of(set) == List{0, 1, 2, 3});
    CHECK(set.take(1) == 1);
    CHECK(set.is_vacant(1));
    CHECK(set.count() == 3);
    CHECK(set.places() == 4);
    for (const std::size_t place : {0u, 2u, 3u}) set.take(place);
    CHECK(set.is_empty());
    set.compact();
    CHECK(set.places() == 0);
}

TEST_CASE("row sets: compaction moves as few rows as possible, and says which") {
    std::mt19937 random(1);
    for (int round = 0; round < 500; ++round) {
        RowSet set(33);
        mix(set, static_cast<int>(random() % 34), random);
        const List before = list_of(set), expected = compacted(before);
        List kept;
        without_allocation([&] { set.compaction(); });
        for (const int place : set.compaction()) kept.push_back(place);
        without_allocation([&] { set.compact(); });
        CHECK(list_of(set) == expected);
        REQUIRE(kept.size() == expected.size());
        std::size_t moved = 0;
        for (std::size_t place = 0; place < kept.size(); ++place) {
            CHECK(before[static_cast<std::size_t>(kept[place])] == expected[place]);
            const bool stays = kept[place] == static_cast<int>(place);
            CHECK((stays || kept[place] >= static_cast<int>(kept.size())));
            moved += stays ? 0 : 1;
        }
        CHECK(moved == static_cast<std::size_t>(std::count(
                           before.begin(), before.begin() + static_cast<std::ptrdiff_t>(kept.size()), -1)));
        const List again = list_of(set);
        set.compact();
        CHECK(list_of(set) == again);
    }
}

TEST_CASE("row sets: a partition is disjoint and complete, and both sides keep their order") {
    std::mt19937 random(2);
    for (int round = 0; round < 500; ++round) {
        RowSet set(33), chosen(33);
        chosen.fill(5);  // what was there is gone
        mix(set, static_cast<int>(random() % 34), random);
        const List before = without_vacant(list_of(set));
        const auto bits = (std::uint64_t{random()} << 32) | random();
        const auto is_chosen = [&](int row) { return ((bits >> row) & 1) != 0; };
        without_allocation([&] { set.partition(is_chosen, chosen); });
        List here, there;
        for (const int row : before) (is_chosen(row) ? there : here).push_back(row);
        CHECK(list_of(set) == here);
        CHECK(list_of(chosen) == there);
    }
}

TEST_CASE("row sets: gathered chunk by chunk and scattered again, the rows are as they were") {
    std::mt19937 random(3);
    for (int round = 0; round < 500; ++round) {
        RowSet all(33), chunk(33), back(33);
        mix(all, static_cast<int>(random() % 34), random);
        all.compact();
        const List before = list_of(all);
        const std::size_t at_once = 1 + random() % 9;
        std::size_t chunks = 0;
        for (std::size_t first = 0; first < all.places(); first += at_once, ++chunks) {
            without_allocation([&] { chunk.gather(all, first, at_once); });
            const std::size_t size = std::min(at_once, before.size() - first);
            const auto begin = before.begin() + static_cast<std::ptrdiff_t>(first);
            CHECK(list_of(chunk) == List(begin, begin + static_cast<std::ptrdiff_t>(size)));
            without_allocation([&] { chunk.scatter(back); });
            CHECK(chunk.places() == 0);
        }
        CHECK(chunks == (before.size() + at_once - 1) / at_once);
        CHECK(list_of(back) == before);
        CHECK(list_of(all) == before);
    }
}

TEST_CASE("row sets: in any sequence of operations no row is lost and none comes twice") {
    std::mt19937 random(4);
    for (int round = 0; round < 200; ++round) {
        const int rows = 1 + static_cast<int>(random() % 32);
        RowSet set(rows), other(rows);
        List here, there, taken, all;
        for (int row = 0; row < rows; ++row) all.push_back(row);
        set.fill(rows);
        here = all;
        for (int step = 0; step < 40; ++step) {
            const auto is_chosen = [&](int row) { return row % 3 == step % 3; };
            const auto operation = random() % 4;
            const std::size_t place = here.empty() ? 0 : random() % here.size();
            if (operation == 0 && !here.empty() && here[place] != RowSet::kVacant) {
                CHECK(set.take(place) == here[place]);
                taken.push_back(here[place]);
                here[place] = RowSet::kVacant;
            } else if (operation == 1) {
                set.compact();
                here = compacted(here);
            } else if (operation > 1) {  // a partition drops what was there: those come back first
                other.scatter(set);
                here.insert(here.end(), there.begin(), there.end());
                there.clear();
                if (operation == 2) continue;
                set.partition(is_chosen, other);
                here = without_vacant(here);
                std::ranges::copy_if(here, std::back_inserter(there), is_chosen);
                std::erase_if(here, is_chosen);
            }
        }
        CHECK(list_of(set) == here);
        CHECK(list_of(other) == there);
        List every = without_vacant(here);
        for (const List& more : {there, taken}) every.insert(every.end(), more.begin(), more.end());
        std::ranges::sort(every);
        CHECK(every == all);
    }
}
