// What images paid, in files: records of models with gates, their halves and shards, their journals, and wrong ones.
#include "search/record/merge_records.h"
#include "search/record/record_file.h"
#include "search/record/record_journal.h"
#include "search/record/record_meta.h"
#include "search/record/split_record.h"
#include "tests/loaders/format/refusal.h"
#include "tests/search/record/raw_record.h"
#include "tests/support/support.h"

#include <filesystem>
#include <functional>

using namespace dyce;
using namespace dyce::test;

namespace {

// One member of three sites; a gate of 10 stands before the stage of 200 to the second one.
RecordMeta gated_meta(std::int64_t images) {
    RecordMeta meta;
    meta.model_digest = "0123456789abcdef0123456789abcdef";
    meta.classes = 4;
    meta.image_count = images;
    meta.positions = {{0, 0, "a", 100, 10}, {0, 1, "b", 300}, {0, 2, "c", 500}, {0, -1, "logits", 1000}};
    meta.types = {"linear"};
    meta.heads = {{2, 0, 8}, {3, RecordHead::kFinal, 0}};
    return meta;
}

// Every third image skips the stage.
std::vector<std::int64_t> paid_by(std::int64_t image) {
    if (image % 3 == 0) return {100, 110, 310, 810};
    return {100, 310, 510, 1010};
}

Record gated_record(std::int64_t images) {
    Record record;
    record.meta = gated_meta(images);
    record.images = static_cast<std::size_t>(images);
    record.labels = ClassIndices(record.images, 4);
    for (std::size_t h = 0; h < 2; ++h)
        record.columns.push_back({ClassIndices(record.images, 4), {std::vector<float>(record.images, 0.5f)}});
    for (std::size_t p = 0; p < 4; ++p)
        for (std::int64_t i = 0; i < images; ++i) record.paid.push_back(paid_by(i)[p]);
    return record;
}

RawFile good_file() {
    const std::string meta = record_meta_text(gated_meta(2));
    std::vector<std::int64_t> paid;
    for (std::size_t p = 0; p < 4; ++p)
        for (const int image : {0, 1}) paid.push_back(paid_by(image)[p]);
    return {{"label", {"i2", {2, 1}, raw<std::int16_t>({3, 3})}},
            {"preds", {"i2", {4, 2, 1}, raw(std::vector<std::int16_t>(8, 3))}},
            {"confs", {"f4", {4, 2, 1}, raw(std::vector<float>(8, 0.5f))}},
            {"paid", {"i8", {4, 2}, raw(paid)}},
            {"meta_json", {"u1", {static_cast<std::int64_t>(meta.size())}, meta}}};
}

}  // namespace

TEST_CASE("paid: a record of a model with gates says so, and what was written is read back") {
    const TempFolder folder;
    const Record record = gated_record(7);
    write_record(folder / "r.npz", record);
    const Record read = read_record(folder / "r.npz");
    CHECK(read.paid == record.paid);
    CHECK(record_meta_text(read.meta) == record_meta_text(record.meta));
    const std::string text = record_meta_text(record.meta);
    CHECK(text.find(R"("features":["paid"])") != std::string::npos);
    CHECK(text.find(R"("schema":"dyce.record/2")") != std::string::npos);
    CHECK(text.find(R"({"gate":10,"macs":100,)") != std::string::npos);
    if (!have_python("numpy")) return;
    write_file(folder / "check.py",
               "import json, numpy as n\n"
               "z = n.load('r.npz')\n"
               "assert z.files == ['label', 'preds', 'confs', 'paid', 'meta_json']\n"
               "assert z['paid'].dtype == n.int64 and z['paid'].shape == (4, 7)\n"
               "assert z['paid'][3].tolist() == [810, 1010, 1010, 810, 1010, 1010, 810]\n"
               "assert json.loads(z['meta_json'].tobytes())['schema'] == 'dyce.record/2'\n");
    CHECK(std::system(("cd " + folder.path().string() + " && /usr/bin/python3 check.py").c_str()) == 0);
}

TEST_CASE("paid: halves and merged shards have each image's own") {
    for (const std::int64_t images : {7, 8}) {
        const auto halves = halves_of(gated_record(images));
        for (const std::size_t first : {0u, 1u}) {
            const Record& half = first == 0 ? halves.first : halves.second;
            CHECK(half.images == static_cast<std::size_t>(images + 1 - static_cast<std::int64_t>(first)) / 2);
            for (std::size_t p = 0; p < 4; ++p)
                for (std::size_t i = 0; i < half.images; ++i)
                    CHECK(half.paid_at(p)[i] == paid_by(static_cast<std::int64_t>(2 * i + first))[p]);
        }
        CHECK(merge_records({{"even", halves.first}, {"odd", halves.second}}).paid ==
              gated_record(images).paid);
    }
}

TEST_CASE("paid: a journal cut off at any byte goes on, and takes nothing that cannot have been paid") {
    const TempFolder folder;
    const std::string path = folder / "rec.npz.journal";
    const RecordMeta meta = gated_meta(3);
    const JournalShape shape{3, 1, 1, 4, &meta};
    const auto row = [](int image) { return RecordRow{{image}, {0.5f}, paid_by(image)}; };
    const auto write = [&] {
        std::filesystem::remove(path);
        RecordJournal journal(path, "key", shape);
        journal.add({row(0), row(1)});
        journal.add({row(2)});
    };
    write();
    const std::uintmax_t whole = std::filesystem::file_size(path), first = 128 + 64 + 2 * (4 + 4 + 4 * 8);
    REQUIRE(whole == first + 64 + 40);
    for (const std::uintmax_t size : {first - 1, first, first + 80, whole}) {
        write();
        std::filesystem::resize_file(path, size);
        RecordJournal journal(path, "key", shape);
        REQUIRE(journal.rows().size() == (size < first ? 0 : size < whole ? 2 : 3));
        for (int i = static_cast<int>(journal.rows().size()); i < 3; ++i) journal.add({row(i)});
        for (int i = 0; i < 3; ++i) CHECK(journal.rows()[static_cast<std::size_t>(i)].paid == paid_by(i));
    }
    std::filesystem::remove(path);
    RecordJournal(path, "key", shape).add({row(0), RecordRow{{1}, {0.5f}, {100, 311, 511, 1011}}});
    const RecordJournal journal(path, "key", shape);
    CHECK(journal.rows().empty());
    CHECK(journal.notice().find("is damaged") != std::string::npos);
}

TEST_CASE("paid: what no image can have paid is refused by its name") {
    const auto set = [](std::size_t element, std::int64_t value) {
        return [=](RawFile& file) { file["paid"].bytes.replace(element * 8, 8, raw<std::int64_t>({value})); };
    };
    const auto replace = [](const std::string& from, const std::string& to) {
        return [=](RawFile& file) {
            std::string text = file["meta_json"].bytes;
            const std::size_t at = text.find(from);
            REQUIRE(at != std::string::npos);
            text.replace(at, from.size(), to);
            file["meta_json"] = {"u1", {static_cast<std::int64_t>(text.size())}, text};
        };
    };
    struct Row {
        std::string name;
        std::function<void(RawFile&)> damage;
        std::string piece;
    };
    const Row rows[] = {
        {"negative", set(2, -1), "'paid.npy': image 0 has -1 at position 1, which it cannot have paid there"},
        {"falling", set(2, 99), "image 0 has 99 at position 1"},
        {"more than gate and stage", set(3, 311), "image 1 has 311 at position 1"},
        {"a stage for less, without a gate", set(4, 309), "image 0 has 309 at position 2"},
        {"a first stage that is not what it costs", set(0, 99), "image 0 has 99 at position 0"},
        {"huge", set(7, INT64_MAX), "image 1 has 9223372036854775807 at position 3"},
        {"of another type",
         [](RawFile& file) {
             file["paid"] = {"i4", {4, 2}, std::string(32, '\0')};
         },
         "'paid.npy': i4 4x2, expected int64 4x2 (positions x images)"},
        {"of an image too few",
         [](RawFile& file) {
             file["paid"] = {"i8", {4, 1}, std::string(32, '\0')};
         },
         "i8 4x1, expected int64 4x2"},
        {"gone", [](RawFile& file) { file.erase("paid"); }, "paid"},
        {"unknown feature", replace(R"(["paid"])", R"(["still"])"), "features[0]: found string 'still'"},
        {"a feature twice", replace(R"(["paid"])", R"(["paid","paid"])"), "features[1]"},
        {"no feature", replace(R"(["paid"])", "[]"), "features"},
        {"no features", replace(R"("features":["paid"],)", ""), "features"},
        {"in a record without features",
         [&](RawFile& file) {
             replace(R"("features":["paid"],)", "")(file);
             replace("record/2", "record/1")(file);
             replace(R"("gate":10,)", "")(file);
         },
         "paid: is there, but not among the features of meta_json"},
        {"a gate in a record without features",
         [&](RawFile& file) {
             replace(R"("features":["paid"],)", "")(file);
             replace("record/2", "record/1")(file);
         },
         "gate"},
        {"no gate", replace(R"("gate":10,)", ""), "has no \"gate\""},
        {"a negative gate", replace(R"("gate":10,)", R"("gate":-1,)"), "positions[0].gate"},
        {"a gate of very much", replace(R"("gate":10,)", R"("gate":9007199254740992,)"), "positions[0].gate"},
        {"a gate at the last site", replace(R"({"macs":500,)", R"({"gate":1,"macs":500,)"),
         "positions[2].gate: stands where no site follows"},
        {"a gate at the classifier", replace(R"({"macs":1000,)", R"({"gate":1,"macs":1000,)"),
         "positions[3].gate: stands where no site follows"},
        {"a later version", replace("record/2", "record/3"), "schema"},
    };
    const TempFolder folder;
    const std::string path = folder / "r.npz";
    write_raw(path, good_file());
    CHECK(read_record(path).paid.size() == 8);
    for (const Row& row : rows) {
        CAPTURE(row.name);
        RawFile file = good_file();
        row.damage(file);
        write_raw(path, file);
        check_refused([&] { read_record(path); }, ErrorCode::kContent, row.piece);
    }
    RawFile bare = good_file();
    bare.erase("meta_json");
    write_raw(path, bare);
    const RecordMeta exits = gated_meta(2);
    check_refused([&] { read_record(path, {.exits = &exits}); }, ErrorCode::kUsage, "has no meta_json");
}
