// A kept file is made of the bytes that the documents say, and gives back nothing but what was written.
#include "search/record/block_file.h"

#include "tests/support/support.h"

#include <dyce/error.h>

#include <doctest/doctest.h>

#include <cstdio>
#include <cstring>
#include <filesystem>
#include <vector>

#define XXH_INLINE_ALL  // as the product does: nothing to link
#include <xxhash.h>

using namespace dyce;
using namespace dyce::test;
using doctest::Contains;

namespace {

constexpr std::size_t kRow = 4;

// XXH3-128 of fields with their lengths in front, by the library and the document alone.
std::string hash(const std::vector<std::string>& fields) {
    std::string all;
    for (const std::string& field : fields) {
        for (unsigned i = 0; i < 8; ++i) all += static_cast<char>(field.size() >> (8 * i));
        all += field;
    }
    const XXH128_hash_t value = XXH3_128bits(all.data(), all.size());
    char text[33];
    std::snprintf(text, sizeof text, "%016llx%016llx", static_cast<unsigned long long>(value.high64),
                  static_cast<unsigned long long>(value.low64));
    return text;
}

std::string heading_by_hand(const std::string& format, const std::string& key, int rows) {
    std::string text = format + " " + hash({key}) + " " + std::to_string(rows) + " rows of " +
                       std::to_string(kRow) + " bytes";
    return text + std::string(127 - text.size(), ' ') + "\n";
}

std::string block_by_hand(const std::string& heading, int number, const std::string& rows) {
    std::string head(64 - 32, '\0');
    head[0] = static_cast<char>(rows.size());
    return head + hash({heading, std::to_string(number), rows}) + rows;
}

std::string small_file() {
    const std::string heading = heading_by_hand("dyce.test/2", "key", 5);
    return heading + block_by_hand(heading, 0, "aaaabbbb") + block_by_hand(heading, 1, "cccc");
}

struct Opened {
    std::string rows, notice;
    std::int64_t count;
};

Opened open_small(const std::string& path, const std::string& key = "key", bool write = false) {
    std::string rows;
    BlockFile file(path, {"dyce.test/2", key, 5, kRow}, [&](std::span<const std::byte> block) {
        rows.append(reinterpret_cast<const char*>(block.data()), block.size());
        return true;
    });
    if (write) file.begin_writing();
    return {rows, file.notice(), file.rows()};
}

std::span<const std::byte> bytes_in(const std::string& text) {
    return std::as_bytes(std::span(text.data(), text.size()));
}

}  // namespace

TEST_CASE("block file: the bytes are those of the document") {
    const TempFolder folder;
    const std::string path = folder / "file";
    {
        BlockFile file(path, {"dyce.test/2", "key", 5, kRow}, [](auto) { return true; });
        file.begin_writing();
        file.append(bytes_in("aaaabbbb"));
        file.append(bytes_in("cccc"));
        CHECK(file.bytes() == small_file().size());
        CHECK_FALSE(file.is_complete());
    }
    CHECK(read_file(path) == small_file());
    const Opened again = open_small(path);
    CHECK(again.rows == "aaaabbbbcccc");
    CHECK(again.count == 3);
    CHECK(again.notice == "");
}

TEST_CASE("block file: cut off at any byte, whole blocks are left; a cut alone is told to nobody") {
    const TempFolder folder;
    const std::string path = folder / "file", whole = small_file();
    const std::size_t first = 128 + 64 + 8;
    for (std::size_t size = 0; size <= whole.size(); ++size) {
        if (size > 0 && size < std::string("dyce.test/").size()) continue;  // could be anybody's
        write_file(path, whole.substr(0, size));
        const Opened opened = open_small(path, "key", true);
        CAPTURE(size);
        CHECK(opened.rows == (size == whole.size() ? "aaaabbbbcccc" : size >= first ? "aaaabbbb" : ""));
        CHECK(opened.notice == "");
        CHECK(std::filesystem::file_size(path) == (size == whole.size() ? size
                                                   : size >= first      ? first
                                                                        : 128));
    }
}

TEST_CASE("block file: a bit changed anywhere is never read as rows") {
    const TempFolder folder;
    const std::string path = folder / "file", whole = small_file();
    for (std::size_t at = 0; at < whole.size(); ++at)
        for (const int bit : {0, 6}) {
            std::string damaged = whole;
            damaged[at] = static_cast<char>(damaged[at] ^ (1 << bit));
            write_file(path, damaged);
            CAPTURE(at);
            if (at < std::string("dyce.test/").size()) {
                CHECK_THROWS_WITH_AS(open_small(path, "key", true), Contains("was not written by dyce"),
                                     Error);
                CHECK(read_file(path) == damaged);
                continue;
            }
            const Opened opened = open_small(path);
            CHECK(opened.rows == (at < 128 + 64 + 8 ? "" : "aaaabbbb"));
            CHECK(opened.notice.find(path + ": is ") == 0);
        }
}

TEST_CASE("block file: blocks that are repeated, swapped, of another file or too many are not read") {
    const TempFolder folder;
    const std::string path = folder / "file";
    const std::string heading = heading_by_hand("dyce.test/2", "key", 5);
    const std::string other = heading_by_hand("dyce.test/2", "other", 5);
    const std::string first = block_by_hand(heading, 0, "aaaabbbb"),
                      second = block_by_hand(heading, 1, "cccc");
    const struct {
        std::string content, rows;
    } cases[] = {
        {heading + first + first, "aaaabbbb"},
        {heading + second + first, ""},
        {heading + block_by_hand(other, 0, "aaaabbbb"), ""},
        {heading + first + block_by_hand(heading, 1, "ccccddddeeeeffff"), "aaaabbbb"},
        {heading + first + block_by_hand(heading, 1, "ccc"), "aaaabbbb"},
        {heading + first + block_by_hand(heading, 1, ""), "aaaabbbb"},
        {heading + first + std::string(200, '\0'), "aaaabbbb"},
        {heading + std::string(64, '\xff') + "aaaa", ""},
    };
    for (const auto& row : cases) {
        write_file(path, row.content);
        const Opened opened = open_small(path);
        CHECK(opened.rows == row.rows);
        CHECK(opened.notice == path + ": is damaged behind row " + std::to_string(row.rows.size() / kRow) +
                                   ": what follows is computed again");
    }
    write_file(path, small_file());
    std::int64_t asked = 0;
    BlockFile picky(path, {"dyce.test/2", "key", 5, kRow}, [&](auto) { return ++asked == 1; });
    CHECK(picky.rows() == 2);
    CHECK(picky.notice().find("damaged behind row 2") != std::string::npos);
}

TEST_CASE("block file: another key or version holds no rows, and somebody else's file stays as it is") {
    const TempFolder folder;
    const std::string path = folder / "file";
    write_file(path, small_file());
    CHECK(open_small(path, "another").notice == path + ": is of other rows: made anew");
    for (const char* old : {"dyce.test/1 key\nrows", "dyce.test/1\n", "dyce.test/20 x", "dyce.test/"}) {
        write_file(path, old + std::string(300, 'x'));
        const Opened opened = open_small(path, "key", true);
        CHECK(opened.rows == "");
        CHECK(opened.notice == path + ": is in a format of another version of dyce: made anew");
        CHECK(read_file(path) == heading_by_hand("dyce.test/2", "key", 5));
    }
    for (const char* text : {"my notes\n", "dyce.other/2 x", "dyce.tesu/", " dyce.test/2", "d"}) {
        write_file(path, text);
        CHECK_THROWS_WITH_AS(open_small(path, "key", true), Contains("was not written by dyce"), Error);
        CHECK(read_file(path) == text);
    }
}

TEST_CASE("block file: one writes, many read what is whole") {
    const TempFolder folder;
    const std::string path = folder / "file";
    BlockFile writer(path, {"dyce.test/2", "key", 2, kRow}, [](auto) { return true; });
    writer.begin_writing();
    CHECK_THROWS_WITH_AS(open_small(path), Contains("cannot lock"), Error);
    writer.append(bytes_in("aaaabbbb"));
    CHECK(writer.is_complete());
    BlockFile reader(path, {"dyce.test/2", "key", 2, kRow}, [](auto) { return true; });
    CHECK(reader.is_complete());
    CHECK_THROWS_WITH_AS(reader.begin_writing(), Contains("cannot lock"), Error);
}
