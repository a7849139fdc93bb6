// Covers atomic_file, checked, crc32, digest, file_descriptor, file_mapping.
#include "runtime/core/atomic_file.h"
#include "runtime/core/digest.h"
#include "runtime/core/file_mapping.h"
#include "tests/support/resident.h"
#include "tests/support/support.h"

#include <dyce/error.h>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include <sys/stat.h>
#include <unistd.h>

using namespace dyce;
using namespace dyce::test;
namespace fs = std::filesystem;

TEST_CASE("an atomic file appears on commit and not before") {
    TempFolder folder;
    const fs::path path = folder.path() / "out";
    write_file(path, "old");
    {
        AtomicFile file(path.string());
        file.write("half");
    }
    CHECK(read_file(path) == "old");
    AtomicFile file(path.string());
    file.write("new ");
    file.write("content");
    CHECK(read_file(path) == "old");
    file.commit();
    CHECK(read_file(path) == "new content");
    CHECK(std::distance(fs::directory_iterator(folder.path()), {}) == 1);
}

TEST_CASE("only regular files within the limit are mapped") {
    TempFolder folder;
    const fs::path path = folder.path() / "file";
    write_file(path, "12345");
    CHECK_THROWS_WITH_AS(FileMapping::open(path.string(), 4), doctest::Contains("limit is 4"), Error);
    CHECK_THROWS_WITH_AS(FileMapping::open(folder.path().string(), 4),
                         doctest::Contains("not a regular file"), Error);
    CHECK_THROWS_WITH_AS(FileMapping::open(folder / "none", 4), doctest::Contains("cannot open"), Error);
    const fs::path fifo = folder.path() / "fifo";
    REQUIRE(mkfifo(fifo.c_str(), 0600) == 0);
    CHECK_THROWS_WITH_AS(FileMapping::open(fifo.string(), 4), doctest::Contains("not a regular file"), Error);
    write_file(path, "");
    CHECK(FileMapping::open(path.string(), 4)->bytes().empty());
}

TEST_CASE("pages that are given back leave memory, and come back when they are read") {
    TempFolder folder;
    const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    std::string content(64 * page + 100, '\0');
    for (std::size_t i = 0; i < content.size(); ++i) content[i] = static_cast<char>(i / 7);
    write_file(folder.path() / "file", content);
    const auto file = FileMapping::open(folder / "file", UINT64_MAX);
    const auto is_as_written = [&] {
        return std::equal(content.begin(), content.end(),
                          reinterpret_cast<const char*>(file->bytes().data()));
    };
    CHECK(is_as_written());
    CHECK(resident_pages(file->bytes()) == 65);

    file->release(file->bytes().subspan(10, 20 * page));  // holds pages 1 to 19 and parts of two others
    CHECK(resident_pages(file->bytes()) == 65 - 19);
    file->release(file->bytes().subspan(page + 1, page));  // holds none
    file->release(std::as_bytes(std::span(content)));      // not of the file
    CHECK(resident_pages(file->bytes()) == 65 - 19);
    CHECK(is_as_written());
    file->release(file->bytes());
    CHECK(resident_pages(file->bytes()) == 0);
    CHECK(is_as_written());
}

TEST_CASE("a digest depends on the borders between its fields") {
    Digest a, b;
    a.add("ab"), a.add("c");
    b.add("a"), b.add("bc");
    CHECK(a.hex() != b.hex());
    CHECK(a.hex().size() == 32);
}
