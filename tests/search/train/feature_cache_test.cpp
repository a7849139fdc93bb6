#include "search/train/feature_cache.h"

#include "tests/support/support.h"

#include <dyce/error.h>

#include <doctest/doctest.h>

#include <cstring>
#include <filesystem>
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

TEST_CASE("rows are found across blocks, and only whole blocks are kept") {
    const TempFolder folder;
    const FeatureLayout layout{3, {{0, 1, 150'000, 0}}, 150'000};
    const std::size_t row_bytes = layout.row_bytes();
    const std::int64_t block = FeatureCache::block_rows(row_bytes);
    REQUIRE(block == 32);  // of about 300 kB: 27 would fill 8 MiB, batches of 32 are not split
    const std::int64_t rows = 2 * block + 5;
    const auto add = [&](FeatureCache& cache, std::int64_t first, std::int64_t count) {
        std::vector<std::byte> bytes;
        for (std::int64_t i = first; i < first + count; ++i)
            bytes.insert(bytes.end(), row_bytes, static_cast<std::byte>(i + 1));
        cache.append(bytes);
    };
    const auto open = [&] {
        return std::make_unique<FeatureCache>(folder.path().string(), true, "key", layout, rows);
    };
    const auto check_whole = [&](FeatureCache& cache) {
        REQUIRE(cache.complete() == rows);
        const FeatureRows found = cache.map();
        for (std::int64_t i = 0; i < rows; ++i) {
            const std::vector<std::byte> expected(row_bytes, static_cast<std::byte>(i + 1));
            REQUIRE(std::memcmp(found.row(i), expected.data(), row_bytes) == 0);
        }
    };
    {
        const auto cache = open();
        add(*cache, 0, 20);
        CHECK(cache->complete() == 0);
        add(*cache, 20, 25);
        CHECK(cache->complete() == 32);
    }
    auto cache = open();
    CHECK(cache->notice().empty());
    CHECK(cache->complete() == 32);
    add(*cache, 32, rows - 32);
    check_whole(*cache);
    cache.reset();
    check_whole(*open());

    const std::string path = std::filesystem::directory_iterator(folder.path())->path().string();
    std::filesystem::resize_file(path, std::filesystem::file_size(path) - 1);
    cache = open();
    CHECK(cache->complete() == 2 * block);
    add(*cache, 2 * block, 5);
    check_whole(*cache);
    cache.reset();
    std::string content = read_file(path);
    content[128 + 64 + 32 * row_bytes + 64 + 7] ^= 1;
    write_file(path, content);
    cache = open();
    CHECK(cache->complete() == block);
    CHECK(cache->notice().find("damaged behind row 32") != std::string::npos);
    cache.reset();
    std::filesystem::resize_file(path, 4200);
    CHECK(open()->complete() == 0);
}

TEST_CASE("a file of an older version is made anew, and one that is no cache is left alone") {
    const TempFolder folder;
    const auto open = [&] { return FeatureCache(folder.path().string(), true, "key", kLayout, 1).notice(); };
    open();
    const auto path = std::filesystem::directory_iterator(folder.path())->path();
    std::string old = "dyce.features/1\n0123\n1 rows of 128 bytes\n";
    old.resize(4088);
    old += std::string("\1\0\0\0\0\0\0\0", 8) + std::string(128, 'x');
    write_file(path, old);
    CHECK(open() == path.string() + ": is in a format of another version of dyce: made anew");
    CHECK(open().empty());
    write_file(path, "precious");
    CHECK_THROWS_WITH_AS(open(), doctest::Contains("was not written by dyce"), Error);
    CHECK(read_file(path) == "precious");
    std::filesystem::rename(path, folder / "target");
    std::filesystem::create_symlink("target", path);
    CHECK_THROWS_WITH_AS(open(), doctest::Contains("is a symbolic link"), Error);
}
