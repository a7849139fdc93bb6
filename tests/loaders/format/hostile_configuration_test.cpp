// Configuration sets that are wrong: the error's code, the field it names, and what it says.
#include "tests/loaders/format/bytes.h"
#include "tests/loaders/format/configuration_text.h"
#include "tests/loaders/format/refusal.h"
#include "tests/support/support.h"

#include <dyce/configuration.h>

#include <doctest/doctest.h>

#include <functional>
#include <limits>
#include <string>

#include <sys/stat.h>

using namespace dyce;
using namespace dyce::test;

namespace {

constexpr ErrorCode kContent = ErrorCode::kContent;
constexpr ErrorCode kResource = ErrorCode::kResource;

void check_text_refused(const std::string& text, ErrorCode code, const std::string& piece,
                        const ConfigurationLimits& limits = {}) {
    check_refused([&] { ConfigurationSet::parse(text, "s.json", limits); }, code, piece);
}

/// The small set with `from` replaced once by `to`, which JSON values cannot express.
std::string replaced(const std::string& from, const std::string& to) {
    std::string text = small_set().dump();
    const auto at = text.find(from);
    REQUIRE(at != std::string::npos);
    return text.replace(at, from.size(), to);
}

Json with_configurations(int count) {
    Json json = small_set();
    Json one = json["configurations"][1];
    json["configurations"] = Json::array();
    for (int i = 0; i < count; ++i) {
        one["name"] = "c" + std::to_string(i);
        json["configurations"].push_back(one);
    }
    return json;
}

Json with_sites(int count) {
    Json json = small_set();
    json["configurations"].erase(1);
    Json& one = json["configurations"][0];
    one["exits"] = Json::array();
    for (int site = 0; site < count; ++site)
        one["exits"].push_back({{"site", site}, {"type", "linear"}, {"threshold", 0.5}});
    one["exit_share"] = std::vector<int>(static_cast<std::size_t>(count) + 1, 0);
    return json;
}

}  // namespace

TEST_CASE("hostile configurations: text that is not strict JSON") {
    const std::string good = small_set().dump();
    CHECK(ConfigurationSet::parse(good, "s.json").contents().configurations.size() == 2);
    struct Row {
        std::string name, text, piece;
    };
    const Row rows[] = {
        {"empty", "", "s.json: byte 0 (line 1): ends too early"},
        {"byte order mark", "\xEF\xBB\xBF" + good, "byte order mark"},
        {"comment", "// a set\n" + good, "no JSON value starts with '/'"},
        {"comment inside", replaced("\"split\"", "/* */ \"split\""), "no JSON value starts with '/'"},
        {"trailing comma", replaced("\"linear\"}", "\"linear\",}"), "configurations[0].exits[0]: byte"},
        {"trailing comma in a list", replaced("0.75,0]", "0.75,0,]"),
         "configurations[0].exit_share[4]: byte"},
        {"NaN threshold", replaced("\"threshold\":0.1", "\"threshold\":NaN"),
         "configurations[0].exits[0].threshold: byte"},
        {"threshold 1e400", replaced("\"threshold\":0.1", "\"threshold\":1e400"),
         "configurations[0].exits[0].threshold: byte 171 (line 1): the number '1e400' is out of the range"},
        {"infinite threshold", replaced("\"threshold\":0.1", "\"threshold\":-Infinity"), "malformed number"},
        {"threshold over 63 bits", replaced("\"threshold\":0.1", "\"threshold\":9223372036854775808"),
         "out of the range"},
        {"duplicate key", replaced("\"split\":", "\"split\":\"\",\"split\":"),
         "the key 'split' occurs twice"},
        {"duplicate member", replaced("\"threshold\":0.1", "\"threshold\":0.1,\"threshold\":0.2"),
         "configurations[0].exits[0]: byte"},
        {"cut", good.substr(0, good.size() / 2), "s.json"},
        {"more text", good + "{}", "more text after the value"},
        {"bad UTF-8", replaced("even", "\xff"), "is not valid UTF-8"},
        {"deep notes", replaced("\"extra\":{}", "\"extra\":{\"a\":" + repeat("[", 10'000)), "nested deeper"},
        {"a list", "[" + good + "]", "s.json: byte 0 (line 1): found array, expected object"},
        {"a Git-LFS pointer", "version https://git-lfs.github.com/spec/v1\n",
         "no JSON value starts with 'v'"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        check_text_refused(row.text, kContent, row.piece);
    }
}

TEST_CASE("hostile configurations: wrong members") {
    struct Row {
        std::string name;
        std::function<void(Json&)> change;
        std::string piece;
    };
    const auto set = [](const char* pointer, const Json& value) {
        return [pointer, value](Json& json) { json[Json::json_pointer(pointer)] = value; };
    };
    const auto first = [&](const char* member, const Json& value) {
        return [member, value](Json& json) { json["configurations"][0][member] = value; };
    };
    const auto exit = [&](const char* member, const Json& value) {
        return [member, value](Json& json) { json["configurations"][0]["exits"][1][member] = value; };
    };
    const Row rows[] = {
        {"schema", set("/schema", "dyce.configs/2"), "s.json: schema: byte"},
        {"schema of another thing", set("/schema", "dyce.bench/1"),
         "found 'dyce.bench/1', this version of dyce reads dyce.configs/1"},
        {"schema that is a number", set("/schema", 1), "schema: byte"},
        {"unknown key", set("/comment", "x"), "unknown key 'comment'"},
        {"unknown key in base", set("/base/joules", 1), "s.json: base: byte"},
        {"unknown key of a configuration", first("note", "x"), "unknown key 'note'"},
        {"unknown key of an exit", exit("score", 0.5), "configurations[0].exits[1]: byte"},
        {"digest", set("/model_digest", "0011"),
         "s.json: model_digest: found '0011', expected 32 lower-case hexadecimal digits"},
        {"digest in capitals", set("/preprocess_digest", "FFEEDDCCBBAA99887766554433221100"),
         "preprocess_digest: found 'FFEE"},
        {"precision", set("/precision", "f16"), "precision: found 'f16', expected one of f32, bf16, int8"},
        {"cost unit", set("/cost_unit", "seconds"),
         "cost_unit: found 'seconds', expected one of macs, ms, J"},
        {"control character", set("/split", "a\x1b[0m"), "split: found 'a\\x1b[0m', expected printable text"},
        {"base accuracy", set("/base/accuracy", 1.5), "base.accuracy: expected a number from 0 to 1"},
        {"base macs with a fraction", set("/base/macs", 0.5), "base.macs: byte"},
        {"negative base macs", set("/base/macs", -1), "base.macs: expected"},
        {"negative base cost", set("/base/cost", -1), "base.cost: expected"},
        {"base is a number", set("/base", 1), "base: byte"},
        {"no configuration", set("/configurations", Json::array()),
         "configurations: is empty, expected at least one"},
        {"configurations are an object", set("/configurations", Json::object()), "expected array"},
        {"a configuration that is null", set("/configurations/1", nullptr), "configurations[1]: byte"},
        {"notes that are a list", set("/extra", Json::array()), "extra: found array, expected an object"},
        {"empty name", first("name", ""), "configurations[0].name: found '', expected 1 to 64"},
        {"name with a space", first("name", "a b"), "configurations[0].name: found 'a b'"},
        {"name with a colon", first("name", "a:b"), "expected 1 to 64"},
        {"long name", first("name", std::string(65, 'a')), "expected 1 to 64"},
        {"duplicate name", first("name", "c001"), "configurations[1].name: 'c001' occurs twice"},
        {"score", first("score", "a\nb"), "configurations[0].score: found"},
        {"string threshold", exit("threshold", "0.5"), "configurations[0].exits[1].threshold: byte"},
        {"null threshold", exit("threshold", nullptr), "found null, expected number"},
        {"negative site", exit("site", -1), "found -1, expected a site from 0 to 255"},
        {"site with a fraction", exit("site", 1.5), "exits[1].site: byte"},
        {"site of 64 bits", exit("site", std::int64_t{1} << 40), "expected a site from 0 to 255"},
        {"site beyond the network", exit("site", 3),
         "configurations[0].exits[1].site: found 3, expected a site from 0 to 2"},
        {"duplicate site", exit("site", 0),
         "configurations[0].exits[1].site: found 0 again, expected each site once"},
        {"falling sites",
         [](Json& json) {
             auto& exits = json["configurations"][0]["exits"];
             std::swap(exits[0], exits[1]);
         },
         "configurations[0].exits[1].site: found 0 after 2, expected rising sites"},
        {"empty type", exit("type", ""), "configurations[0].exits[1].type: expected a name"},
        {"type that is a number", exit("type", 3), "exits[1].type: byte"},
        {"control character in a type", exit("type", "a\tb"), "exits[1].type: expected a name"},
        {"accuracy", first("accuracy", 93.4), "configurations[0].accuracy: expected a number from 0 to 1"},
        {"negative accuracy", first("accuracy_low", -0.1), "configurations[0].accuracy_low: expected"},
        {"negative macs", first("macs", -1), "configurations[0].macs: expected a finite number from 0"},
        {"macs as a string", first("macs", "31"), "configurations[0].macs: byte"},
        {"negative cost", first("relative_cost", -0.5), "configurations[0].relative_cost: expected"},
        {"falling cost", first("cost", 101), "configurations[1].cost: less than the cost"},
        {"share", first("exit_share", {0.25, 0, 1.75, 0}), "configurations[0].exit_share: expected numbers"},
        {"missing share", first("exit_share", {0.25, 0.75, 0}),
         "configurations[0].exits[1].site: found 2, expected a site from 0 to 1"},
        {"other number of shares",
         [](Json& json) { json["configurations"][1]["exit_share"] = Json::array(); },
         "configurations[1].exit_share: 0 shares, expected 4"},
        {"share as a string", first("exit_share", {"a"}), "configurations[0].exit_share[0]: byte"},
        {"lambda", first("lambda", "0.5"), "configurations[0].lambda: byte"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        Json json = small_set();
        row.change(json);
        check_text_refused(json.dump(), kContent, row.piece);
    }
}

TEST_CASE("hostile configurations: every member must be there") {
    const Json good = small_set().flatten();
    for (const auto& item : good.items()) {
        const std::string& pointer = item.key();
        const Json::json_pointer member(pointer);
        Json json = small_set();
        Json& parent = json[member.parent_pointer()];
        if (!parent.is_object()) continue;
        CAPTURE(pointer);
        parent.erase(member.back());
        check_text_refused(json.dump(), kContent, "'" + member.back() + "' is missing");
    }
    for (const char* member : {"base", "configurations", "extra"}) {
        Json json = small_set();
        json.erase(member);
        check_text_refused(json.dump(), kContent, std::string("'") + member + "' is missing");
    }
}

TEST_CASE("hostile configurations: both sides of the limits") {
    CHECK(ConfigurationSet::parse(with_configurations(10'000).dump(), "s.json")
              .contents()
              .configurations.size() == 10'000);
    check_text_refused(with_configurations(10'001).dump(), kResource,
                       "s.json: configurations: more configurations, the limit is 10000");
    check_text_refused(with_configurations(3).dump(), kResource, "the limit is 2", {.configurations = 2});
    std::string million = "{\"configurations\":[";
    for (int i = 0; i < 1'000'000; ++i) million += i == 0 ? "{}" : ",{}";
    check_text_refused(million + "]}", kContent, "configurations[0]: byte 21 (line 1): 'name' is missing");

    CHECK(
        ConfigurationSet::parse(with_sites(256).dump(), "s.json").contents().configurations[0].exits.size() ==
        256);
    check_text_refused(with_sites(257).dump(), kResource, "the limit is 257");
    Json one_more = with_sites(256);
    one_more["configurations"][0]["exits"].push_back({{"site", 0}, {"type", "linear"}, {"threshold", 1}});
    check_text_refused(one_more.dump(), kResource, "configurations[0].exits: more exits, the limit is 256");
    check_text_refused(with_sites(4).dump(), kResource, "the limit is 4", {.sites = 3});

    std::string text = small_set().dump();
    text.append((std::size_t{16} << 20) - text.size(), ' ');
    CHECK(ConfigurationSet::parse(text, "s.json").contents().configurations.size() == 2);
    check_text_refused(text + ' ', kResource, "s.json: 16777217 bytes, the limit is 16777216");
    check_text_refused(text, kResource, "the limit is 1000", {.file_bytes = 1000});
    check_text_refused("{\"extra\":[" + repeat("[],", 1'000'000) + "[]]}", kResource,
                       "s.json: extra: too many values");
}

TEST_CASE("hostile configurations: the most expensive legal file stays within the memory of a refusal") {
    Json json = with_configurations(10'000);
    for (Json& one : json["configurations"]) one["exit_share"] = std::vector<int>(257, 0);
    const std::string text = json.dump();
    const AllocationPeak peak;
    CHECK(ConfigurationSet::parse(text, "s.json").contents().configurations.size() == 10'000);
    CHECK(peak.bytes() <= kMaxRefusalBytes);
}

TEST_CASE("hostile configurations: files that cannot be read") {
    TempFolder folder;
    check_refused([&] { ConfigurationSet::load(folder / "none.json"); }, ErrorCode::kIo,
                  "none.json: cannot open");
    check_refused([&] { ConfigurationSet::load(folder.path().string()); }, ErrorCode::kIo,
                  "not a regular file");
    REQUIRE(mkfifo((folder / "fifo").c_str(), 0600) == 0);
    check_refused([&] { ConfigurationSet::load(folder / "fifo"); }, ErrorCode::kIo, "not a regular file");
    check_refused([&] { ConfigurationSet::load("/dev/zero"); }, ErrorCode::kIo, "not a regular file");
    write_file(folder / "huge.json", "{}");
    std::filesystem::resize_file(folder / "huge.json", (std::uint64_t{16} << 20) + 1);
    check_refused([&] { ConfigurationSet::load(folder / "huge.json"); }, kResource, "the limit is 16777216");
    write_file(folder / "s.json", replaced("\"lambda\":null", "\"lambda\":NaN"));
    check_refused([&] { ConfigurationSet::load(folder / "s.json"); }, kContent,
                  folder / "s.json" + ": configurations[1].lambda: byte");
}

TEST_CASE("hostile configurations: a program's contents are held to the same") {
    const auto good = ConfigurationSet::parse(small_set().dump(), "s.json").contents();
    const auto check = [&](const std::function<void(ConfigurationSet::Contents&)>& change,
                           const std::string& piece) {
        auto contents = good;
        change(contents);
        check_refused([&] { ConfigurationSet{contents}; }, kContent, piece);
    };
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const double inf = std::numeric_limits<double>::infinity();
    check([&](auto& c) { c.configurations[0].exits[0].threshold = nan; },
          "configurations[0].exits[0].threshold: expected a finite number");
    check([&](auto& c) { c.configurations[0].exits[0].site = -3; }, "exits[0].site: found -3");
    check([&](auto& c) { c.configurations[1].accuracy = nan; }, "configurations[1].accuracy");
    check([&](auto& c) { c.configurations[1].cost = inf; }, "configurations[1].cost");
    check([&](auto& c) { c.configurations[1].lambda = inf; }, "configurations[1].lambda");
    check([&](auto& c) { c.configurations[1].exit_share[0] = nan; }, "configurations[1].exit_share");
    check([&](auto& c) { c.base.cost = nan; }, "base.cost");
    check([&](auto& c) { c.model_digest = ""; }, "model_digest");
    check([&](auto& c) { c.extra = "{"; }, "extra: byte 1");
    check([&](auto& c) { c.extra = "1"; }, "extra: found number 1, expected an object");
    check([&](auto& c) { c.split = "\xff"; }, "split");
}
