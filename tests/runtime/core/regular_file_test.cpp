// What is opened as a regular file is one, and nothing waits for what is not.
#include "runtime/core/regular_file.h"
#include "tests/support/support.h"

#include <dyce/error.h>

#include <doctest/doctest.h>

#include <array>
#include <filesystem>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace dyce;
using namespace dyce::test;
using doctest::Contains;

TEST_CASE("a FIFO, a device, a folder and a link that must not be followed are refused at once") {
    const TempFolder folder;
    const std::string fifo = folder / "fifo", link = folder / "link", dangling = folder / "dangling";
    REQUIRE(mkfifo(fifo.c_str(), 0600) == 0);
    write_file(folder / "target", "precious");
    std::filesystem::create_symlink("target", link);
    std::filesystem::create_symlink("nothing", dangling);
    const int flags = O_RDWR | O_CREAT | O_NOFOLLOW;
    CHECK_THROWS_WITH_AS(RegularFile::open(fifo, O_RDONLY), Contains("fifo: is not a regular file"), Error);
    CHECK_THROWS_WITH_AS(RegularFile::open(fifo, flags), Contains("is not a regular file"), Error);
    CHECK_THROWS_WITH_AS(RegularFile::open("/dev/zero", flags), Contains("is not a regular file"), Error);
    CHECK_THROWS_WITH_AS(RegularFile::open(folder.path().string(), O_RDONLY),
                         Contains("is not a regular file"), Error);
    CHECK_THROWS_WITH_AS(RegularFile::open(link, flags), Contains("link: is a symbolic link"), Error);
    CHECK_THROWS_WITH_AS(RegularFile::open(dangling, flags), Contains("is a symbolic link"), Error);
    CHECK_FALSE(std::filesystem::exists(folder / "nothing"));
    CHECK_THROWS_WITH_AS(RegularFile::open(folder / "none", O_RDONLY), Contains("cannot open: No such"),
                         Error);
    CHECK(RegularFile::open(link, O_RDONLY).size() == 8);  // unless asked, links are followed
}

TEST_CASE("bytes go where they belong, and reading ends where the file does") {
    const TempFolder folder;
    const RegularFile file = RegularFile::open(folder / "file", O_RDWR | O_CREAT);
    const std::array<std::byte, 3> written = {std::byte{1}, std::byte{2}, std::byte{3}};
    file.write_at(5, written);
    file.flush();
    CHECK(read_file(folder / "file") == std::string("\0\0\0\0\0\1\2\3", 8));
    std::array<std::byte, 4> found{};
    CHECK(file.read_at(6, found) == 2);
    CHECK(found[1] == std::byte{3});
    CHECK(file.read_at(9, found) == 0);
    file.resize(6);
    CHECK(std::filesystem::file_size(folder / "file") == 6);
}

TEST_CASE("a lock that another one holds is an error that says so") {
    const TempFolder folder;
    const RegularFile one = RegularFile::open(folder / "file", O_RDWR | O_CREAT);
    const RegularFile other = RegularFile::open(folder / "file", O_RDWR);
    one.lock(LOCK_SH);
    other.lock(LOCK_SH);
    CHECK_THROWS_WITH_AS(one.lock(LOCK_EX), Contains("another process is at work on it"), Error);
}

TEST_CASE("a nameless file leaves nothing in its folder") {
    const TempFolder folder;
    const RegularFile file = RegularFile::nameless(folder.path().string());
    file.resize(10);
    CHECK(file.size() == 10);
    CHECK(std::filesystem::is_empty(folder.path()));
    CHECK_THROWS_WITH_AS(RegularFile::nameless(folder / "none"), Contains("cannot create"), Error);
}
