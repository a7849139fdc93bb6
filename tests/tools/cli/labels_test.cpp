// Covers inputs.
// A wrong line in a labels file is named, and so is a model's file when its exits are wrong.
#include "tools/cli/inputs.h"

#include "tests/support/support.h"

#include <dyce/error.h>

#include <doctest/doctest.h>

using namespace dyce;
using namespace dyce::test;

TEST_CASE("labels that a model cannot hold are refused with file, line and what is wrong") {
    const TempFolder folder;
    const std::string path = folder / "labels";
    const struct {
        std::string text, message;
    } rows[] = {
        {"cat\nn01\tdog\nbird\n", ": line 2: 'n01\\x09dog' holds a tab, expected one class name per line"},
        {"a\nb\nc\x01\n", ": line 3: 'c\\x01' holds a control character"},
        {"a\xc2\x85\nb\nc\n", ": line 1: 'a\\xc2\\x85' holds a control character"},
        {"a\nb\xff\nc\n", ": line 2: 'b\\xff' holds bytes that are not UTF-8"},
        {"a\n\nc\n", ": line 2: is empty, expected a label"},
        {"a\nb\n", ": 2 labels, the model has 3 classes"},
    };
    for (const auto& row : rows) {
        write_file(path, row.text);
        try {
            read_model_labels(path, 3);
            FAIL_CHECK("accepted; expected " << row.message);
        } catch (const Error& error) {
            const std::string what = error.what();
            CAPTURE(what);
            CHECK(error.code() == ErrorCode::kContent);
            CHECK(what.find(path + row.message) == 0);
        }
    }
    write_file(path, "caf\xc3\xa9\r\na b\r\nc\r\n");
    CHECK(read_model_labels(path, 3) == std::vector<std::string>{"caf\xc3\xa9", "a b", "c"});
    write_file(path, "n01\tcat\nb\nc\n");
    CHECK(read_labels(path, 3)[0] == "n01\tcat");  // shown, not stored
}
