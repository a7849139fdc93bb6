#include "search/train/feature_cache.h"

#include "tests/support.h"

#include <dyce/error.h>

#include <doctest/doctest.h>

#include <cstring>
#include <memory>

using namespace dyce;
using namespace dyce::test;

namespace {

const FeatureLayout kLayout{3, {{0, 1, 40, 0}}, 40};  // rows of 128 bytes

std::vector<std::byte> row(int value) { return std::vector<std::byte>(128, static_cast<std::byte>(value)); }

}  // namespace

TEST_CASE("a cache keeps what was flushed, for its own key only") {
    const TempFolder folder;
    const std::string place = folder / "cache";
    {
        FeatureCache cache(place, true, "key", kLayout, 3);
        CHECK(cache.complete() == 0);
        CHECK_THROWS_WITH_AS(FeatureCache(place, true, "key", kLayout, 3), doctest::Contains("lock"), Error);
        cache.append(row(1));  // of three: not flushed yet, and lost with the process
    }
    {
        FeatureCache cache(place, true, "key", kLayout, 3);
        CHECK(cache.complete() == 0);
        for (int i = 1; i <= 3; ++i) cache.append(row(i));
        CHECK(cache.complete() == 3);
        const FeatureRows rows = cache.map();
        for (int i = 0; i < 3; ++i) CHECK(std::memcmp(rows.row(i), row(i + 1).data(), 128) == 0);
    }
    auto whole = std::make_unique<FeatureCache>(place, true, "key", kLayout, 3);
    CHECK(FeatureCache(place, true, "key", kLayout, 3).complete() == 3);  // readers share it
    CHECK(FeatureCache(place, true, "other", kLayout, 3).complete() == 0);
    CHECK_THROWS_AS(FeatureCache(place, true, "key", kLayout, 4), Error);
    whole.reset();
    CHECK(FeatureCache(place, true, "key", kLayout, 4).complete() == 0);  // starts over
    CHECK(FeatureCache(place, true, "key", kLayout, 3).complete() == 0);
}

TEST_CASE("a cache that is not kept leaves no file") {
    const TempFolder folder;
    FeatureCache cache(folder.path().string(), false, "key", kLayout, 1);
    cache.append(row(7));
    CHECK(std::memcmp(cache.map().row(0), row(7).data(), 128) == 0);
    CHECK(std::filesystem::is_empty(folder.path()));
}
