// Covers ops/spec/op.
// Every operator occurs in a row or call of the tests beside and below this one, by its name: `{"Relu"` or `("Relu"`.
#include "ops/spec/op.h"
#include "tests/support/support.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <string>

using namespace dyce;

TEST_CASE("every operator occurs in a row of the operators' tests") {
    std::string tests;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(DYCE_SOURCE_DIR "/tests/ops"))
        if (entry.path().extension() == ".cpp") tests += test::read_file(entry.path());
    const auto occurs = [&](const std::string& name) {
        return tests.find("{\"" + name + "\"") != tests.npos || tests.find("(\"" + name + "\"") != tests.npos;
    };
    REQUIRE_FALSE(occurs(std::string("Ana") + "gram"));
    for (const OpSpec* spec : all_ops()) CHECK_MESSAGE(occurs(std::string(spec->name)), spec->name);
}
