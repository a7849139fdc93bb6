#include "runtime/core/atomic_file.h"
#include "runtime/core/digest.h"
#include "runtime/core/file_mapping.h"

#include <dyce/error.h>

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include <sys/stat.h>
#include <unistd.h>

using namespace dyce;
namespace fs = std::filesystem;

namespace {

struct Folder {
    fs::path path = fs::temp_directory_path() / ("dyce_file_test_" + std::to_string(getpid()));
    Folder() { fs::create_directories(path); }
    ~Folder() { fs::remove_all(path); }
};

std::string read(const fs::path& path) {
    const auto mapping = FileMapping::open(path.string(), 1 << 20);
    return {reinterpret_cast<const char*>(mapping->bytes().data()), mapping->bytes().size()};
}

}  // namespace

TEST_CASE("an atomic file appears on commit and not before") {
    Folder folder;
    const fs::path path = folder.path / "out";
    std::ofstream(path) << "old";
    {
        AtomicFile file(path.string());
        file.write("half");
    }
    CHECK(read(path) == "old");
    AtomicFile file(path.string());
    file.write("new ");
    file.write("content");
    CHECK(read(path) == "old");
    file.commit();
    CHECK(read(path) == "new content");
    CHECK(std::distance(fs::directory_iterator(folder.path), {}) == 1);
}

TEST_CASE("only regular files within the limit are mapped") {
    Folder folder;
    const fs::path path = folder.path / "file";
    std::ofstream(path) << "12345";
    CHECK_THROWS_WITH_AS(FileMapping::open(path.string(), 4), doctest::Contains("limit is 4"), Error);
    CHECK_THROWS_WITH_AS(FileMapping::open(folder.path.string(), 4), doctest::Contains("not a regular file"), Error);
    CHECK_THROWS_WITH_AS(FileMapping::open((folder.path / "none").string(), 4), doctest::Contains("cannot open"), Error);
    const fs::path fifo = folder.path / "fifo";
    REQUIRE(mkfifo(fifo.c_str(), 0600) == 0);
    CHECK_THROWS_WITH_AS(FileMapping::open(fifo.string(), 4), doctest::Contains("not a regular file"), Error);
    std::ofstream(path, std::ios::trunc);
    CHECK(FileMapping::open(path.string(), 4)->bytes().empty());
}

TEST_CASE("a digest depends on the borders between its fields") {
    Digest a, b;
    a.add("ab"), a.add("c");
    b.add("a"), b.add("bc");
    CHECK(a.hex() != b.hex());
    CHECK(a.hex().size() == 32);
}
