// Lists of paths end, and are no longer than they may be.
#include "tools/cli/path_list.h"

#include "tests/support/check_throws.h"
#include "tests/tools/program.h"

#include <doctest/doctest.h>

using namespace dyce;
using namespace dyce::test;

namespace {

using Paths = std::vector<std::string>;

void check_list_refused(const std::string& path, char separator, const PathListLimits& limits, ErrorCode code,
                        const std::string& piece) {
    check_throws([&] { read_path_list(path, separator, limits); }, code, piece);
}

}  // namespace

TEST_CASE("paths are told apart by their separator alone, and empty ones left out") {
    const TempFolder folder;
    write_file(folder / "list", "a b\n\nc\xff\r\nlast");
    CHECK(read_path_list(folder / "list", '\n') == Paths{"a b", "c\xff\r", "last"});
    CHECK(read_path_list(folder / "list", '\0') == Paths{"a b\n\nc\xff\r\nlast"});
    write_file(folder / "list", std::string("a\nb\0\0c\0", 7));
    CHECK(read_path_list(folder / "list", '\0') == Paths{"a\nb", "c"});
    write_file(folder / "list", "");
    CHECK(read_path_list(folder / "list", '\n').empty());
    // Over the pieces that are read at a time.
    std::string text;
    Paths expected;
    for (int i = 0; i < 20'000; ++i) {
        expected.push_back(std::string(static_cast<std::size_t>(i % 40), 'x') + std::to_string(i));
        text += expected.back() + "\n";
    }
    write_file(folder / "list", text);
    CHECK(read_path_list(folder / "list", '\n') == expected);
}

TEST_CASE("the limits of a list, on both sides") {
    const TempFolder folder;
    const std::string list = folder / "list";
    const std::string longest(64 << 10, 'x');
    write_file(list, longest + "\n" + longest);
    CHECK(read_path_list(list, '\n') == Paths{longest, longest});
    write_file(list, "a\n" + longest + "x");
    check_list_refused(list, '\n', {}, ErrorCode::kResource, list + ":2: a longer path, the limit is 65536");
    write_file(list, "a\n\nc\n");
    CHECK(read_path_list(list, '\n', {.lines = 3}) == Paths{"a", "c"});
    CHECK(read_path_list(list, '\n', {.bytes = 2}) == Paths{"a", "c"});
    write_file(list, "a\n\nc\nd");
    check_list_refused(list, '\n', {.lines = 3}, ErrorCode::kResource,
                       "more paths, the limit of a list is 3");
    check_list_refused(list, '\n', {.bytes = 2}, ErrorCode::kResource,
                       list + ":4: more, the limit of a list is 2");
    write_file(list, std::string("a\nb\0c\n", 6));
    check_list_refused(list, '\n', {}, ErrorCode::kContent, list + ":2: holds a NUL byte");
    check_list_refused(folder / "none", '\n', {}, ErrorCode::kIo, "cannot open: No such");
    check_list_refused(folder.path().string(), '\n', {}, ErrorCode::kIo, "cannot read: Is a directory");
    CHECK(PathListLimits{}.lines == 10'000'000);
}

TEST_CASE("a list without end is refused with little memory, whatever it says") {
    const TempFolder folder;
    save_model(folder / "m.safetensors", color_model());
    const std::string classify = "classify " + folder / "m.safetensors" + " ";
    // A sanitizer's program does not even start in so little.
    std::string bounded = "prlimit --as=1000000000 ";
    if (run_program("--version", bounded).code != 0) bounded.clear();
    for (const std::string& list : {std::string("- </dev/zero"), std::string("--files0-from /dev/zero"),
                                    std::string("--files0-from - </dev/zero")}) {
        const Outcome outcome = run_program(classify + list, bounded);
        CAPTURE(list);
        CAPTURE(outcome.err);
        CHECK(outcome.code == 5);
        CHECK(outcome.err.find("the limit") != std::string::npos);
        CHECK(outcome.out == "");
    }
    const Outcome empty = run_program(classify + "-", "yes '' | " + bounded);
    CHECK(empty.code == 5);
    CHECK(empty.err == "dyce: stdin: more paths, the limit of a list is 10000000\n");
}
