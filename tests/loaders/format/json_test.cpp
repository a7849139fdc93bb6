// Covers json_reader.
#include "loaders/format/json.h"
#include "tests/loaders/format/bytes.h"
#include "tests/loaders/format/refusal.h"
#include "tests/support/support.h"

#include <cfloat>
#include <limits>
#include <string>

using namespace dyce;
using namespace dyce::test;
using namespace std::string_literals;

namespace {

Json parse(const std::string& text) { return parse_json(text, "x.json"); }

}  // namespace

TEST_CASE("json: what is not strict JSON is refused, with its place") {
    struct Row {
        std::string text;
        std::string piece;
    };
    const Row rows[] = {
        {"", "x.json: byte 0 (line 1): ends too early"},
        {" \n", "byte 2 (line 2): ends too early"},
        {"\xEF\xBB\xBF{}", "byte order mark"},
        {"// comment\n1", "no JSON value starts with '/'"},
        {"[1, /* no */ 2]", "byte 4 (line 1): no JSON value starts with '/'"},
        {"{\"a\": 1,\n\"a\": 2}", "byte 12 (line 2): the key 'a' occurs twice"},
        {R"({"a": 1, "\u0061": 2})", "the key 'a' occurs twice"},
        {"[{\"b\": {\"c\": 1, \"c\": 1}}]", "the key 'c' occurs twice"},
        {"[1, ]", "no JSON value starts with ']'"},
        {"{\"a\": 1, }", "no JSON value starts with '}'"},
        {"[1 2]", "expected ']'"},
        {"[1", "ends too early"},
        {"{\"a\" 1}", "expected ':'"},
        {"{\"a\": 1", "ends too early"},
        {"{1: 2}", "found number, expected string"},
        {"{a: 2}", "no JSON value starts with 'a'"},
        {"'a'", "no JSON value starts with '''"},
        {"1 1", "more text after the value"},
        {"{} x", "more text after the value"},
        {"1e400", "the number '1e400' is out of the range of double"},
        {"-1e400", "out of the range of double"},
        {"1e-400", "out of the range of double"},
        {"9223372036854775808", "out of the range of 64-bit integers"},
        {"-9223372036854775809", "out of the range of 64-bit integers"},
        {"NaN", "no JSON value starts with 'N'"},
        {"Infinity", "no JSON value starts with 'I'"},
        {"-Infinity", "malformed number"},
        {"01", "more text after the value"},
        {"-", "malformed number"},
        {"1.", "malformed number"},
        {".5", "no JSON value starts with '.'"},
        {"+1", "no JSON value starts with '+'"},
        {"1e", "malformed number"},
        {"1e+", "malformed number"},
        {"0x10", "more text after the value"},
        {"1_000", "more text after the value"},
        {"tru", "expected true"},
        {"True", "no JSON value starts with 'T'"},
        {"nul", "expected null"},
        {"\"a", "a string is not closed"},
        {"\"a\\\"", "a string is not closed"},
        {"\"\\", "a string is not closed"},
        {"\"a\nb\"", "byte 2 (line 1): a control character inside a string"},
        {"\"a\0b\""s, "a control character inside a string"},
        {R"("\x41")", "unknown escape '\\x'"},
        {R"("\u12")", "four hexadecimal digits"},
        {R"("\u12g4")", "four hexadecimal digits"},
        {R"("\u-123")", "four hexadecimal digits"},
        {R"("\ud800")", "a surrogate without its partner"},
        {R"("\ud800\n")", "a surrogate without its partner"},
        {R"("\ud800\u0041")", "a surrogate without its partner"},
        {R"("\udc00")", "a surrogate without its partner"},
        {"\"\xff\"", "byte 1 (line 1): is not valid UTF-8"},
        {"\"\xC0\xAF\"", "is not valid UTF-8"},
        {"\"\xED\xA0\x80\"", "is not valid UTF-8"},
        {std::string("1\0", 2), "more text after the value"},
        {repeat("[", 33) + repeat("]", 33), "byte 32 (line 1): nested deeper than 32"},
        {repeat("{\"a\":", 33), "nested deeper than 32"},
        {repeat("[", 10'000), "nested deeper than 32"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.text.substr(0, 60));
        check_refused([&] { parse(row.text); }, ErrorCode::kContent, row.piece);
    }
}

TEST_CASE("json: legal text means what the standard says") {
    CHECK(parse(" \t\r\n1 ") == 1);
    CHECK(parse(repeat("[", 32) + repeat("]", 32)).is_array());
    CHECK(parse("-9223372036854775808") == std::numeric_limits<std::int64_t>::min());
    CHECK(parse("9223372036854775807") == std::numeric_limits<std::int64_t>::max());
    CHECK(parse("-0.5e-1") == -0.05);
    CHECK(parse("1.7976931348623157e308") == DBL_MAX);
    CHECK(parse("0") == 0);
    CHECK(parse("1e2").is_number_float());
    CHECK(parse("[true, false, null]") == Json({true, false, nullptr}));
    CHECK(parse(R"("\"\\\/\b\f\n\r\t")") == "\"\\/\b\f\n\r\t");
    CHECK(parse(R"("\u0041\u00e9\u20AC\uD83D\ude00\u0000")") == "A\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\0"s);
    CHECK(parse("\"\xC3\xA9\x7f\"") == "\xC3\xA9\x7f");
    CHECK(parse(R"({"": {}, "b": []})") == Json({{"", Json::object()}, {"b", Json::array()}}));
}

TEST_CASE("json: short text that describes too many values is refused") {
    const auto many = [](int count) { return "[" + repeat("[],", count) + "[]]"; };
    CHECK(parse(many(400'000)).size() == 400'001);
    check_refused([&] { parse(many(1'000'000)); }, ErrorCode::kResource, "too many values");
}

TEST_CASE("json: canonical text is sorted, without spaces, and reads back the same") {
    CHECK(canonical_text(
              parse(R"( {"b": [1, 2.0, 1e-5], "a": {"z": null, "Z": true}, "\u00e9": "\u20ac/"} )")) ==
          "{\"a\":{\"Z\":true,\"z\":null},\"b\":[1,2.0,1e-05],\"\xC3\xA9\":\"\xE2\x82\xAC/\"}");
    for (float value : {0.485f, 1e-5f, 0.1f, 1.0f / 3, FLT_MAX, FLT_MIN, FLT_TRUE_MIN, 16777216.0f, -0.0f}) {
        const std::string text = canonical_text(to_json(value));
        CHECK(static_cast<float>(parse(text).get<double>()) == value);
    }
    CHECK(canonical_text(to_json(0.485f)) == "0.485");
    CHECK(canonical_text(to_json(1)) == "1.0");
}

TEST_CASE("json: canonical text is Python's") {
    if (!have_python("json")) return;
    const std::string text = R"({"b":[1,2.5,1e-05,0.485],"a":{"z":null,"Z":"é\" \\ \n /"}})";
    TempFolder folder;
    write_file(folder / "in.json", text);
    write_file(folder / "canonical.py",
               "import json, sys\n"
               "d = json.load(open('in.json', encoding='utf-8'))\n"
               "t = json.dumps(d, sort_keys=True, separators=(',', ':'), ensure_ascii=False)\n"
               "open('out.json', 'w', encoding='utf-8').write(t)\n");
    REQUIRE(std::system(("cd " + folder.path().string() + " && /usr/bin/python3 canonical.py").c_str()) == 0);
    CHECK(canonical_text(parse(text)) == read_file(folder / "out.json"));
}

TEST_CASE("json: files up to the limit are read") {
    TempFolder folder;
    write_file(folder / "a.json", "{\"a\":1}");
    CHECK(read_json(folder / "a.json", 7)["a"] == 1);
    check_refused([&] { read_json(folder / "a.json", 6); }, ErrorCode::kResource, "the limit is 6");
    check_refused([&] { read_json(folder / "b.json", 6); }, ErrorCode::kIo, "b.json: cannot open");
}

TEST_CASE("json: fields are typed, and errors name the path, what was found and what was expected") {
    const Json json =
        parse(R"({"name": "net", "size": 3, "rate": 0.5, "on": true, "list": [1, "two"], "big": 1e39})");
    JsonFields fields(JsonField(json, "x.json: net"));
    CHECK(fields["name"].text() == "net");
    CHECK(fields["size"].integer(3, 3) == 3);
    CHECK(fields["size"].real() == 3);
    CHECK(fields["rate"].real32() == 0.5f);
    CHECK(fields["on"].boolean());
    CHECK(fields.has("list"));
    CHECK(!fields.has("absent"));

    const ErrorCode content = ErrorCode::kContent;
    check_refused([&] { fields["absent"]; }, content, "x.json: net: 'absent' is missing");
    check_refused([&] { fields["name"].integer(); }, content,
                  "x.json: net.name: found string 'net', expected an integer");
    check_refused([&] { fields["rate"].integer(); }, content, "found number 0.5, expected an integer");
    check_refused([&] { fields["size"].integer(4, 9); }, content,
                  "found number 3, expected an integer in 4..9");
    check_refused([&] { fields["size"].integer(0, 2); }, content,
                  "found number 3, expected an integer in 0..2");
    check_refused([&] { fields["size"].text(); }, content, "found number 3, expected a string");
    check_refused([&] { fields["on"].real(); }, content, "found boolean, expected a number");
    check_refused([&] { fields["size"].boolean(); }, content, "expected true or false");
    check_refused([&] { fields["big"].real32(); }, content, "expected a number in the range of float32");
    check_refused([&] { fields["on"].size(); }, content, "expected an array");
    check_refused([&] { fields["list"].integers(); }, content,
                  "net.list[1]: found string 'two', expected an integer");
    check_refused([&] { fields["list"].texts(); }, content, "net.list[0]: found number 1, expected a string");
    check_refused([&] { (void)JsonFields{fields["list"]}; }, content,
                  "net.list: found array, expected an object");
    fields.finish();
    JsonFields partly(JsonField(json, "x.json"));
    (void)partly["name"];
    check_refused([&] { partly.finish(); }, content, "x.json: unknown key 'big'");
}
