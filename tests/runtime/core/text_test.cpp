#include "runtime/core/text.h"

#include <doctest/doctest.h>

#include <string>

using namespace dyce;

TEST_CASE("text: well-formed UTF-8 is told from other bytes") {
    struct Row {
        std::string text;
        std::size_t valid;
    };
    const Row rows[] = {
        {"", 0},
        {"plain", 5},
        {"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80", 9},  // two, three and four bytes
        {"\xED\x9F\xBF\xEE\x80\x80", 6},              // both neighbours of the surrogates
        {"\xF4\x8F\xBF\xBF", 4},                      // U+10FFFF
        {"a\x80", 1},                                 // continuation without a lead
        {"\xC0\xAF", 0},                              // overlong '/'
        {"\xC1\xBF", 0},
        {"\xE0\x9F\xBF", 0},
        {"\xF0\x8F\xBF\xBF", 0},
        {"\xED\xA0\x80", 0},      // surrogate
        {"\xF4\x90\x80\x80", 0},  // U+110000
        {"\xF5\x80\x80\x80", 0},
        {"\xFF", 0},
        {"ok\xE2\x82", 2},  // cut
        {"ok\xE2\x82z", 2},
    };
    for (const Row& row : rows) {
        CAPTURE(in_quotes(row.text));
        CHECK(valid_utf8_prefix(row.text) == row.valid);
        CHECK(is_printable_utf8(row.text) == (row.valid == row.text.size()));
    }
}

TEST_CASE("text: control characters are not printable") {
    for (const char* text : {"\n", "a\tb", "\x7f", "\xC2\x80", "\xC2\x9F", "\x1b[31m"})
        CHECK(!is_printable_utf8(text));
    CHECK(is_printable_utf8("\xC2\xA0"));
    CHECK(!is_printable_utf8(std::string(1, '\0')));
}

TEST_CASE("text: messages show foreign text harmlessly") {
    CHECK(in_quotes("conv1.weight") == "'conv1.weight'");
    CHECK(in_quotes("a\n\x1b\xC3") == "'a\\x0a\\x1b\\xc3'");
    CHECK(in_quotes(std::string(81, 'x')) == "'" + std::string(80, 'x') + "...'");
}
