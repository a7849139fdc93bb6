#include "tools/cli/configuration_argument.h"
#include "tests/support/support.h"

#include <dyce/error.h>

#include <doctest/doctest.h>

using namespace dyce;
using namespace dyce::test;

TEST_CASE("--config is split into a set and a configuration") {
    const TempFolder folder;
    const std::string file = folder / "a:b.configs.json";
    write_file(file, "");
    struct Row {
        std::string text, set, selector;
    };
    const Row rows[] = {
        {"s.json:fastest", "s.json", "fastest"},
        {"s.json", "s.json", "balanced"},
        {":c012", "", "c012"},
        {"a:b.json:max-cost=0.6", "a:b.json", "max-cost=0.6"},
        {"s.json:accuracy>=0.92", "s.json", "accuracy>=0.92"},
        {file, file, "balanced"},
        {file + ":fastest", file, "fastest"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.text);
        const ConfigurationArgument argument = parse_configuration_argument(row.text);
        CHECK(argument.set == row.set);
        CHECK(argument.selector == row.selector);
    }
    CHECK_THROWS_WITH_AS(parse_configuration_argument("s.json:"), doctest::Contains("after the ':'"), Error);
    CHECK_THROWS_WITH_AS(parse_configuration_argument(":"), doctest::Contains("--config"), Error);
    CHECK_THROWS_WITH_AS(parse_configuration_argument(""), doctest::Contains("is empty"), Error);
}
