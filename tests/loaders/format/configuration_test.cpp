// Covers best_heads, configuration_check, configuration_json, configuration_set,
// runtime/control/configuration_selection, runtime/include/dyce/configuration.
#include "tests/loaders/format/configuration_text.h"
#include "tests/loaders/format/refusal.h"
#include "tests/support/support.h"

#include <dyce/configuration.h>

#include <doctest/doctest.h>

#include <cstdlib>
#include <string>
#include <vector>

using namespace dyce;
using namespace dyce::test;

namespace {

struct Point {
    const char* name;
    double relative_cost, accuracy, accuracy_low;
};

// Of a backbone that is right 93 times in 100 and costs 200.
ConfigurationSet set_of(const std::vector<Point>& points, double base_accuracy = 0.93) {
    ConfigurationSet::Contents contents;
    contents.model_digest = contents.preprocess_digest = std::string(32, '0');
    contents.base = {base_accuracy, 200, 200};
    for (const Point& point : points) {
        Configuration c;
        c.name = point.name;
        c.accuracy = point.accuracy;
        c.accuracy_low = point.accuracy_low;
        c.relative_cost = c.relative_macs = point.relative_cost;
        c.cost = c.macs = 200 * point.relative_cost;
        contents.configurations.push_back(c);
    }
    return ConfigurationSet(contents);
}

const std::vector<Point> kFront = {{"c000", 0.2, 0.80, 0.79},
                                   {"c001", 0.4, 0.90, 0.89},
                                   {"c002", 0.6, 0.925, 0.92},
                                   {"c003", 0.8, 0.94, 0.93},
                                   {"c004", 1.0, 0.94, 0.93}};

}  // namespace

TEST_CASE("configuration set: a file is read as it is written down") {
    const ConfigurationSet set = ConfigurationSet::parse(small_set().dump(), "s.json");
    const auto& contents = set.contents();
    CHECK(contents.model_digest == "00112233445566778899aabbccddeeff");
    CHECK(contents.split == "even pictures");
    CHECK(contents.validated == "odd pictures");
    CHECK(contents.base.accuracy == 0.75);
    CHECK(contents.base.macs == 100);
    CHECK(contents.base.cost == 100);
    REQUIRE(contents.configurations.size() == 2);
    const Configuration& c = contents.configurations[0];
    CHECK(c.name == "c000");
    CHECK(c.score == "max_softmax");
    REQUIRE(c.exits.size() == 2);
    CHECK(c.exits[0].site == 0);
    CHECK(c.exits[0].type == "linear");
    CHECK(c.exits[0].threshold == 0.1);
    CHECK(c.exits[1].site == 2);
    CHECK(c.exits[1].threshold == -1);
    CHECK(c.accuracy == 0.5);
    CHECK(c.accuracy_low == 0.5);
    CHECK(c.macs == 31);
    CHECK(c.relative_macs == 0.31);
    CHECK(c.cost == 31);
    CHECK(c.relative_cost == 0.31);
    CHECK(c.exit_share == std::vector<double>{0.25, 0, 0.75, 0});
    CHECK(c.lambda == 0.5);
    CHECK(c.model_digest == contents.model_digest);
    CHECK(c.preprocess_digest == contents.preprocess_digest);
    CHECK(c.precision == "f32");
    CHECK_FALSE(contents.configurations[1].lambda.has_value());
    CHECK(contents.configurations[1].exits.empty());
}

TEST_CASE("configuration set: written text reads back the same, byte for byte") {
    Json json = small_set();
    auto& exits = json["configurations"][0]["exits"];
    exits[0]["threshold"] = 0.1;
    exits[1]["threshold"] = 0.30000000000000004;
    json["configurations"][0]["accuracy"] = 1.0 / 3;
    json["configurations"][1]["cost"] = 9.3e18;
    json["split"] = "images of \"caf\xC3\xA9\"";
    json["extra"] = {{"b", {1, 2.5}}, {"a", nullptr}};
    const ConfigurationSet set = ConfigurationSet::parse(json.dump(), "s.json");
    const std::string text = set.text();
    CHECK(text.find("\"threshold\": 0.10000000000000001}") != std::string::npos);
    CHECK(text.find("\"threshold\": 0.30000000000000004}") != std::string::npos);
    CHECK(text.find("\"extra\": {\"a\":null,\"b\":[1,2.5]}") != std::string::npos);
    CHECK(Json::parse(text) == json);
    const ConfigurationSet again = ConfigurationSet::parse(text, "s.json");
    CHECK(again.text() == text);
    CHECK(again.contents().configurations[0].exits[1].threshold == 0.30000000000000004);
    CHECK(again.contents().configurations[0].accuracy == 1.0 / 3);

    TempFolder folder;
    set.save(folder / "s.json");
    CHECK(read_file(folder / "s.json") == text);
    CHECK(ConfigurationSet::load(folder / "s.json").text() == text);
}

TEST_CASE("configuration set: a zero threshold is written without a sign") {
    auto contents = ConfigurationSet::parse(small_set().dump(), "s.json").contents();
    contents.configurations[0].exits[0].threshold = -0.0;
    const std::string text = ConfigurationSet(contents).text();
    CHECK(text.find("\"threshold\": 0}") != std::string::npos);
    CHECK(ConfigurationSet::parse(text, "s.json").text() == text);
}

TEST_CASE("configuration set: a save that fails leaves the old file") {
    TempFolder folder;
    const ConfigurationSet set = ConfigurationSet::parse(small_set().dump(), "s.json");
    write_file(folder / "s.json", "old");
    auto contents = set.contents();
    // Legal alone, one level too deep inside a file.
    contents.extra = std::string("{\"a\":") + std::string(31, '[') + std::string(31, ']') + "}";
    const ConfigurationSet deep(contents);
    check_refused([&] { deep.save(folder / "s.json"); }, ErrorCode::kContent, "nested deeper");
    check_refused([&] { set.save(folder / "no/s.json"); }, ErrorCode::kIo, "no/s.json");
    check_refused([&] { set.save(folder.path().string()); }, ErrorCode::kIo, "not a regular file");
    CHECK(read_file(folder / "s.json") == "old");
    set.save(folder / "s.json");
    CHECK(read_file(folder / "s.json") == set.text());
    CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 1);  // no temporary file
}

TEST_CASE("configuration set: names and keywords select") {
    struct Row {
        std::string selector, name;
    };
    const Row rows[] = {
        {"c003", "c003"},
        {"fastest", "c000"},
        {"most-accurate", "c003"},  // the cheaper of two
        {"balanced", "c002"},       // 0.93 - 0.925 is a little above 0.005 in binary
        {"max-cost=0.6", "c002"},
        {"cost<=0.7", "c002"},
        {"max-cost=1e9", "c003"},
        {"max-cost=0.2", "c000"},
        {"min-accuracy=0.92", "c002"},
        {"min-accuracy=0.925", "c003"},  // what may be relied on counts
        {"accuracy>=0.9", "c002"},
        {"accuracy>=0", "c000"},
    };
    const ConfigurationSet set = set_of(kFront);
    for (const Row& row : rows) {
        CAPTURE(row.selector);
        CHECK(set.at(row.selector).name == row.name);
    }
    CHECK(set_of(kFront, 0.99).at("balanced").name == "c003");  // none is near: the most accurate
    CHECK(set_of(kFront, 0.85).at("balanced").name == "c001");

    // The most accurate within a cost need not be the most expensive, and names win over keywords.
    const ConfigurationSet odd =
        set_of({{"balanced", 0.2, 0.5, 0.5}, {"dip", 0.3, 0.4, 0.4}, {"top", 0.5, 0.9, 0.9}});
    CHECK(odd.at("max-cost=0.4").name == "balanced");
    CHECK(odd.at("balanced").name == "balanced");
}

TEST_CASE("configuration set: what selects nothing names the nearest") {
    struct Row {
        std::string selector, piece;
    };
    const Row rows[] = {
        {"fastst", "'fastst' is neither a name of the set nor a keyword; the nearest is 'fastest'"},
        {"c0001", "the nearest is 'c000'"},
        {"most_accurate", "the nearest is 'most-accurate'"},
        {"max-cost", "the nearest is 'max-cost='"},
        {"cost<0.5", "the nearest is 'cost<='"},
        {"", "is neither a name"},
        {"max-cost=0.1", "none has a relative cost <= 0.1; the nearest is \"c000\" with relative cost 0.2"},
        {"min-accuracy=0.99", "none has an accuracy >= 0.99; the nearest is \"c003\" with accuracy 0.93"},
        {"max-cost=", "expected a number after 'max-cost='"},
        {"max-cost=60%", "'max-cost=60%' given, expected a number"},
        {"accuracy>=nan", "expected a number"},
        {"accuracy>=inf", "expected a number"},
        {"cost<= 0.5", "expected a number"},
    };
    const ConfigurationSet set = set_of(kFront);
    for (const Row& row : rows) {
        CAPTURE(row.selector);
        check_refused([&] { set.at(row.selector); }, ErrorCode::kUsage, row.piece);
    }
}

TEST_CASE("configuration set: the reader of the document reads what is written") {
    if (!have_python("json")) return;
    const std::string document = read_file(DYCE_SOURCE_DIR "/docs/configuration-format.md");
    const auto begin = document.find("```python\n") + 10;
    TempFolder folder;
    write_file(folder / "read.py", document.substr(begin, document.find("```", begin) - begin));
    ConfigurationSet::parse(small_set().dump(), "s.json").save(folder / "s.json");
    const std::string command =
        "cd " + folder.path().string() + " && /usr/bin/python3 read.py s.json 0.6 > out";
    REQUIRE(std::system(command.c_str()) == 0);
    CHECK(read_file(folder / "out") ==
          "c000 accuracy 0.5000 cost 0.310 of 100 macs\n"
          "site 0 linear > 0.1\n"
          "site 2 grid4-mlp2x128 > -1\n");
}
