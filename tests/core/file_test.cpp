#include "runtime/core/atomic_file.h"
#include "runtime/core/digest.h"
#include "runtime/core/file_mapping.h"
#include "tests/support.h"

#include <dyce/error.h>

#include <doctest/doctest.h>

#include <filesystem>
#include <string>

#include <sys/stat.h>

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

TEST_CASE("a digest depends on the borders between its fields") {
    Digest a, b;
    a.add("ab"), a.add("c");
    b.add("a"), b.add("bc");
    CHECK(a.hex() != b.hex());
    CHECK(a.hex().size() == 32);
}
