// Covers bench_document, choices, latency_table, published_costs.
#include "search/simulate/cost_table.h"

#include "search/simulate/choices.h"
#include "tests/loaders/format/refusal.h"
#include "tests/search/methods/small_record.h"
#include "tests/support/support.h"

#include <string>
#include <vector>

using namespace dyce;
using namespace dyce::test;

namespace {

const std::string kPublished =
    R"({"head": [{"name": "mlp", "macs": [5, 6, 0], "params": []}, {"name": "gap", "macs": [1, 2, 0]}],)"
    R"( "backbone": {"name": "net", "macs": [100, 200, 400], "ori_macs": 400}})";

// For the exits of small_meta(): two members of two segments each; a batch of 2.
const std::string kBench =
    R"({"schema":"dyce.bench/1","host":{},"results":[)"
    R"({"batch":1,"threads":2,"segments":null},)"
    R"({"batch":2,"threads":1,"segments":[)"
    R"({"site":0,"segment_ms":2,"heads":[{"type":"grid2-linear","ms":0.5}]},)"
    R"({"site":1,"segment_ms":4,"heads":[]},)"
    R"({"site":2,"segment_ms":6,"heads":[{"type":"linear","ms":0.25},{"type":"grid2-linear","ms":1}]},)"
    R"({"site":3,"segment_ms":8,"heads":[]}]}]})";

std::string replaced(std::string text, const std::string& from, const std::string& to) {
    const std::size_t at = text.find(from);
    REQUIRE(at != std::string::npos);
    return text.replace(at, from.size(), to);
}

}  // namespace

TEST_CASE("costs: leaving pays the way, the heads on it, and the members before") {
    const RecordMeta meta = small_meta(1);
    const CostTable costs = macs_table(meta);
    const auto paid = [&](const std::vector<int>& columns) {
        Choices choices;
        for (const int column : columns) choices.push_back({column, 0.5});
        return exit_costs(meta, costs, choices);
    };
    CHECK(paid({kOff, kOff, kOff}).back() == 1000);  // the small member does not run
    CHECK(paid({0, kOff, kOff}) == std::vector<double>{116, 316, 716, 1316});
    CHECK(paid({kOff, 1, kOff}) == std::vector<double>{100, 300, 700, 1300});
    CHECK(paid({0, 1, 3}) == std::vector<double>{116, 316, 316 + 400 + 8, 316 + 1000 + 8});
    CHECK(paid({kOff, kOff, 2})[2] == 416);
}

TEST_CASE("costs: the published tool's file describes exits") {
    const TempFolder folder;
    const std::string path = folder / "macs.json";
    write_file(path, kPublished);
    const RecordMeta meta = read_published_costs(path);
    CHECK(meta.types == std::vector<std::string>{"mlp", "gap"});
    CHECK(meta.final_position() == 2);
    CHECK(macs_table(meta).backbone == std::vector<double>{100, 200, 400});
    CHECK(macs_table(meta).heads == std::vector<double>{5, 1, 6, 2, 0});

    RecordMeta other = meta;  // the same exits in another order, without one
    other.types = {"gap", "mlp"};
    other.heads = {{0, 0, 0}, {0, 1, 0}, {1, 1, 0}, {2, RecordHead::kFinal, 0}};
    CHECK(published_table(path, other).heads == std::vector<double>{1, 5, 6, 0});
    other.types = {"gap", "mlp2"};
    check_refused([&] { published_table(path, other); }, ErrorCode::kContent, "no head \"mlp2\"");
    check_refused([&] { published_table(path, small_meta(1)); }, ErrorCode::kContent, "has 2 sites");

    struct Row {
        std::string from, to, piece;
    };
    const Row rows[] = {
        {"[100, 200, 400]", "[100, 99, 400]", "backbone.macs[1]"},
        {"[100, 200, 400]", "[]", "backbone.macs"},
        {"\"ori_macs\": 400", "\"ori_macs\": 401", "backbone.ori_macs"},
        {"[5, 6, 0]", "[5, 6]", "head[0].macs"},
        {"[5, 6, 0]", "[5, -6, 0]", "head[0].macs[1]"},
        {"[5, 6, 0]", "[5, 6.5, 0]", "head[0].macs[1]"},
        {"\"gap\"", "\"mlp\"", "head[1].name"},
        {"\"gap\"", "\"final\"", "head[1].name"},
        {"\"head\"", "\"heads\"", "'head' is missing"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.to);
        write_file(path, replaced(kPublished, row.from, row.to));
        check_refused([&] { read_published_costs(path); }, ErrorCode::kContent, row.piece);
    }
}

TEST_CASE("costs: measured segments become milliseconds of an image") {
    const TempFolder folder;
    const std::string path = folder / "bench.json";
    write_file(path, kBench);
    const CostTable table = latency_table(path, {.batch = 2, .threads = 1}, small_meta(1));
    CHECK(table.unit == "ms");
    CHECK(table.backbone == std::vector<double>{1, 3, 3, 7});
    CHECK(table.heads == std::vector<double>{0.25, 0, 0.5, 0.125, 0});
    CHECK(latency_table(path, {.batch = 2}, small_meta(1)).base() == 7);
    // Of sites without heads bench measures none: the next segment reaches over them.
    RecordMeta fewer = small_meta(1);
    std::erase_if(fewer.heads, [](const RecordHead& head) { return head.position == 2; });
    write_file(path, replaced(kBench,
                              R"({"site":2,"segment_ms":6,"heads":[{"type":"linear","ms":0.25},{"type":)"
                              R"("grid2-linear","ms":1}]},{"site":3,"segment_ms":8)",
                              R"({"site":3,"segment_ms":14)"));
    CHECK(latency_table(path, {.batch = 2}, fewer).base() == 7);
    CHECK(latency_table(path, {.batch = 2}, fewer).heads == std::vector<double>{0.25, 0, 0});
    check_refused([&] { latency_table(path, {.batch = 2}, small_meta(1)); }, ErrorCode::kContent,
                  "no site 2");
    write_file(path, kBench);
    check_refused([&] { latency_table(path, {.batch = 1}, small_meta(1)); }, ErrorCode::kUsage, "at batch 1");
    check_refused([&] { latency_table(path, {.batch = 2, .threads = 2}, small_meta(1)); }, ErrorCode::kUsage,
                  "threads 2");

    struct Row {
        std::string from, to, piece;
    };
    const Row rows[] = {
        {"dyce.bench/1", "dyce.eval/1", "schema"},
        {"\"segment_ms\":6", "\"segment_ms\":-6", "segments[2].segment_ms"},
        {"\"segment_ms\":6", "\"segment_ms\":\"6\"", "segments[2].segment_ms"},
        {"\"site\":3", "\"site\":2", "segments[3].site"},
        {"\"site\":3", "\"site\":4", "segments[3].site"},
        {",{\"site\":3,\"segment_ms\":8,\"heads\":[]}", "", "no site 3"},
        {"{\"type\":\"linear\",\"ms\":0.25},", "", "no head \"linear\" at site 2"},
        {"{\"type\":\"linear\",", "{\"type\":\"grid2-linear\",", "heads[1].type"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.to);
        write_file(path, replaced(kBench, row.from, row.to));
        check_refused([&] { latency_table(path, {.batch = 2}, small_meta(1)); }, ErrorCode::kContent,
                      row.piece);
    }
}
