#include "search/record/record_meta.h"

#include "tests/loaders/format/refusal.h"
#include "tests/search/methods/small_record.h"

#include <string>

using namespace dyce;
using namespace dyce::test;

namespace {

const std::string kText =
    R"({"classes":4,"heads":[{"macs":16,"position":0,"type":"grid2-linear"},)"
    R"({"macs":0,"position":1,"type":"classifier"},{"macs":16,"position":2,"type":"grid2-linear"},)"
    R"({"macs":8,"position":2,"type":"linear"}],"missing":[{"position":0,"type":"classifier"},)"
    R"({"position":0,"type":"linear"},{"position":1,"type":"grid2-linear"},{"position":1,"type":"linear"},)"
    R"({"position":2,"type":"classifier"}],"model_digest":"0123456789abcdef0123456789abcdef",)"
    R"("pictures":{"count":7,"digest":"33333333333333333333333333333333"},)"
    R"("plan_digest":"22222222222222222222222222222222","positions":[)"
    R"({"macs":100,"member":0,"name":"a","site":0},{"macs":300,"member":0,"name":"logits","site":-1},)"
    R"({"macs":400,"member":1,"name":"b","site":0},{"macs":1000,"member":1,"name":"logits","site":-1}],)"
    R"("precision":"f32","preprocess_digest":"11111111111111111111111111111111",)"
    R"("schema":"dyce.record/1","shard":{"index":1,"of":3},"types":["grid2-linear","classifier","linear"]})";

std::string replaced(const std::string& from, const std::string& to) {
    std::string text = kText;
    const std::size_t at = text.find(from);
    REQUIRE(at != std::string::npos);
    return text.replace(at, from.size(), to);
}

}  // namespace

TEST_CASE("record descriptions: written and read as the document says") {
    RecordMeta meta = small_meta(7);
    meta.shard = 1;
    meta.shards = 3;
    CHECK(record_meta_text(meta) == kText);
    const RecordMeta back = parse_record_meta(kText, "r.npz");
    CHECK(record_meta_text(back) == kText);
    CHECK(back.shard_images() == 2);  // 1 and 4 of 0..6
    CHECK(back.base_macs() == 1000);
}

TEST_CASE("record descriptions: exits are numbered through the members, types by first appearance") {
    const std::vector<ExitSite> positions = {
        {0, 0, "a", 100, {{"grid2-linear", 16, 1}}},
        {0, -1, "logits", 300, {{"classifier", 0, 0}}},
        {1, 0, "b", 400, {{"linear", 8, 2}, {"grid2-linear", 16, 1}}},
        {1, -1, "logits", 1000, {{"final", 0, 0}}},
    };
    RecordMeta meta = small_meta(7);
    const RecordMeta described = describe_exits(positions);
    meta.positions = described.positions;
    meta.types = described.types;
    meta.heads = described.heads;
    CHECK(record_meta_text(meta) == record_meta_text(small_meta(7)));
}

TEST_CASE("record descriptions: wrong ones are refused, naming the field") {
    struct Row {
        std::string text, piece;
    };
    const Row rows[] = {
        {"", "r.npz"},
        {"[]", "an object"},
        {replaced("dyce.record/1", "dyce.record/3"), "schema"},
        {replaced(R"("classes":4)", R"("classes":0)"), "classes"},
        {replaced(R"("classes":4)", R"("classes":4,"more":1)"), "unknown key 'more'"},
        {replaced(R"("classes":4)", R"("classes":4,"classes":4)"), "classes"},
        {replaced(R"("of":3)", R"("of":1)"), "shard.index"},
        {replaced(R"("of":3)", R"("of":8)"), "shard.of"},
        {replaced(R"("member":0,"name":"a","site":0)", R"("member":1,"name":"a","site":0)"),
         "positions[0].member"},
        {replaced(R"("site":0},{"macs":300)", R"("site":1},{"macs":300)"), "positions[0].site"},
        {replaced(R"("macs":300)", R"("macs":99)"), "positions[1].macs"},
        {replaced(R"("macs":100,)", R"("macs":-1,)"), "positions[0].macs"},
        {replaced(R"("macs":100,)", R"("macs":9007199254740993,)"), "positions[0].macs"},
        {replaced(R"("name":"a")", R"("name":"\u0007")"), "positions[0].name"},
        {replaced(R"(,"site":-1}],)", R"(,"site":1}],)"), "the last one a classifier"},
        {replaced(R"("types":["grid2-linear")", R"("types":["linear")"), "types[2]"},
        {replaced(R"("types":["grid2-linear")", R"("types":["final")"), "types[0]"},
        {replaced(R"("position":1,"type":"classifier")", R"("position":3,"type":"classifier")"),
         "heads[1].position"},
        {replaced(R"("position":1,"type":"classifier")", R"("position":1,"type":"classifer")"),
         "heads[1].type"},
        {replaced(R"({"macs":0,"position":1,"type":"classifier"},)", ""), "must be in"},
        {replaced(R"({"macs":0,"position":1)", R"({"macs":0,"position":0)"), "named twice"},
        {replaced(R"("position":2,"type":"linear")", R"("position":0,"type":"linear")"), "out of order"},
        {replaced(R"({"position":2,"type":"classifier"})", R"({"position":2,"type":"linear"})"),
         "named twice"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.text);
        check_refused([&] { parse_record_meta(row.text, "r.npz"); }, ErrorCode::kContent, row.piece);
    }
    std::string many;
    for (int i = 0; i < 1025; ++i) many += (i == 0 ? "\"t" : ",\"t") + std::to_string(i) + "\"";
    check_refused(
        [&] {
            parse_record_meta(replaced(R"(["grid2-linear","classifier","linear"])", "[" + many + "]"), "r");
        },
        ErrorCode::kResource, "types: 1025 elements, the limit is 1024");
}
