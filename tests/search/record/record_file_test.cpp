// Covers merge_records, record.
#include "search/record/record_file.h"

#include "search/record/merge_records.h"
#include "search/record/record_meta.h"
#include "tests/loaders/format/refusal.h"
#include "tests/search/methods/small_record.h"
#include "tests/search/record/raw_record.h"
#include "tests/support/support.h"

#include <cmath>
#include <functional>
#include <string>
#include <vector>

using namespace dyce;
using namespace dyce::test;

namespace {

// One image through the exits of small_meta(): 3 positions x 3 types + 1 = 10 columns.
RawFile good_file() {
    const std::string meta = record_meta_text(small_meta(1));
    return {{"label", {"i2", {1, 1}, raw<std::int16_t>({3})}},
            {"preds", {"i2", {10, 1, 1}, raw(std::vector<std::int16_t>(10, 3))}},
            {"confs", {"f4", {10, 1, 1}, raw(std::vector<float>(10, 0.5f))}},
            {"meta_json", {"u1", {static_cast<std::int64_t>(meta.size())}, meta}}};
}

// Every other row of `record`, beginning with row `shard`.
Record every_other(const Record& record, std::size_t shard) {
    Record half = record;
    half.meta.shards = 2;
    half.meta.shard = static_cast<std::int64_t>(shard);
    half.images = static_cast<std::size_t>(half.meta.shard_images());
    half.labels = ClassIndices(half.images, 4);
    half.names.clear();
    for (std::size_t j = 0; j < half.images; ++j) {
        half.labels.set(j, record.labels[2 * j + shard]);
        half.names.push_back(record.names[2 * j + shard]);
    }
    for (std::size_t c = 0; c < half.columns.size(); ++c) {
        half.columns[c] = {ClassIndices(half.images, 4), {{}, {}}};
        for (std::size_t j = 0; j < half.images; ++j) {
            const RecordColumn& from = record.columns[c];
            half.columns[c].predictions.set(j, from.predictions[2 * j + shard]);
            for (std::size_t s = 0; s < 2; ++s)
                half.columns[c].scores[s].push_back(from.scores[s][2 * j + shard]);
        }
    }
    return half;
}

}  // namespace

TEST_CASE("record files: NumPy reads what is written, in the published layout") {
    if (!have_python("numpy")) return;
    const TempFolder folder;
    write_record(folder / "r.npz", small_record());
    write_file(
        folder / "check.py",
        "import json, numpy as n\n"
        "z = n.load('r.npz')\n"
        "assert z.files == ['label', 'preds', 'confs', 'margin', 'meta_json', 'names']\n"
        "label, preds, confs, margin = z['label'], z['preds'], z['confs'], z['margin']\n"
        "assert label.dtype == n.int16 and label.shape == (5, 1)\n"
        "assert preds.dtype == n.int16 and preds.shape == (10, 5, 1)\n"
        "assert confs.dtype == n.float32 and confs.shape == (10, 5, 1)\n"
        "assert margin.dtype == n.float32 and margin.shape == (10, 5)\n"
        "assert label[:, 0].tolist() == [0, 1, 2, 3, 0]\n"
        "there = [0, 4, 6, 8, 9]\n"
        "for h, e in enumerate(there):\n"
        "    assert preds[e, :, 0].tolist() == [(j + h) % 4 for j in range(5)]\n"
        "    scores = [0.5 + h / 100 + j / 1000 for j in range(5)]\n"
        "    assert n.allclose(confs[e, :, 0], scores) and n.allclose(margin[e], n.array(scores) / 2)\n"
        "gone = [e for e in range(10) if e not in there]\n"
        "assert (preds[gone] == 0).all() and (confs[gone] == -1).all() and (margin[gone] == -1).all()\n"
        "meta = json.loads(z['meta_json'].tobytes())\n"
        "assert meta['types'] == ['grid2-linear', 'classifier', 'linear']\n"
        "assert [(m['position'], m['type']) for m in meta['missing']] == [(0, 'classifier'),\n"
        "    (0, 'linear'), (1, 'grid2-linear'), (1, 'linear'), (2, 'classifier')]\n"
        "assert z['names'].tobytes() == b'p0.png\\0p1.png\\0p2.png\\0p3.png\\0p4.png\\0'\n");
    CHECK(std::system(("cd " + folder.path().string() + " && /usr/bin/python3 check.py").c_str()) == 0);
}

TEST_CASE("record files: the document's Python reads a record") {
    if (!have_python("numpy")) return;
    const std::string document = read_file(DYCE_SOURCE_DIR "/docs/record-format.md");
    const std::size_t begin = document.find("```python\n") + 10;
    const std::string code = document.substr(begin, document.find("```", begin) - begin);
    const TempFolder folder;
    Record record = small_record(4);
    for (std::size_t j = 0; j < 4; ++j)
        record.columns[4].predictions.set(j, record.labels[j] == 3 ? 0 : record.labels[j]);
    write_record(folder / "r.npz", record);
    write_file(folder / "read.py", code);
    const std::string command = "cd " + folder.path().string() + " && /usr/bin/python3 read.py r.npz > out";
    REQUIRE(std::system(command.c_str()) == 0);
    CHECK(read_file(folder / "out") ==
          "a grid2-linear 100.0 %\nlogits classifier 0.0 %\nb grid2-linear 0.0 %\nb linear 0.0 %\n"
          "final 75.0 %\n");
}

TEST_CASE("record files: what was written is read back; equal records make equal files") {
    const TempFolder folder;
    Record record = small_record();
    record.topk = 2;
    for (RecordColumn& column : record.columns) {
        column.predictions = ClassIndices(10, 4);
        column.predictions.set(7, 3);
        column.scores[0] = {0, 1, 0.25f, -1, -1, 0.5f, 0.1f, 0.2f, 0.3f, 0.4f};
    }
    write_record(folder / "a.npz", record);
    const Record first = read_record(folder / "a.npz");
    CHECK(first.topk == 1);
    CHECK(first.columns[3].predictions.size() == 5);
    CHECK(first.columns[3].scores[0] == std::vector<float>{0, 0.25f, -1, 0.1f, 0.3f});
    CHECK(first.columns[3].scores[1] == record.columns[3].scores[1]);
    const Record back = read_record(folder / "a.npz", {.names = true, .all_answers = true});
    CHECK(back.names == record.names);
    CHECK(back.topk == 2);
    CHECK(back.columns[3].predictions[7] == 3);
    CHECK(back.columns[3].scores == record.columns[3].scores);
    CHECK(read_record(folder / "a.npz").names.empty());
    write_record(folder / "b.npz", back);
    CHECK(read_file(folder / "a.npz") == read_file(folder / "b.npz"));
}

TEST_CASE("record files: many classes take four bytes") {
    const TempFolder folder;
    Record record = small_record(1);
    for (const std::int64_t classes : {32767, 32768}) {
        record.meta.classes = classes;
        record.labels = ClassIndices(1, classes);
        record.labels.set(0, static_cast<int>(classes) - 1);
        for (RecordColumn& column : record.columns) column.predictions = ClassIndices(1, classes);
        CHECK(record.labels.bytes().size() == (classes == 32767 ? 2 : 4));
        write_record(folder / "a.npz", record);
        CHECK(read_record(folder / "a.npz").labels[0] == classes - 1);
    }
}

TEST_CASE("record files: heads that a model does not have take no memory") {
    const TempFolder folder;
    Record record = small_record(100'000);
    write_record(folder / "a.npz", record);
    const std::int64_t columns = 100'000 * 5 * (2 + 4 + 4);  // of ten in the file
    const AllocationPeak peak;
    const Record back = read_record(folder / "a.npz");
    CHECK(back.columns.size() == 5);
    // Memory of tensors is counted as if never freed: the arrays as they are in the file, and the classes
    // widened column by column.
    const std::int64_t unpacked = 100'000 * (2 + 10 * (2 + 4 + 4));
    CHECK(peak.bytes() < columns + unpacked + 100'000 * 6 * 4 + 1'000'000);
}

TEST_CASE("record files: shards in any order make the record of one run") {
    const TempFolder folder;
    const Record whole = small_record(5);
    const Record even = every_other(whole, 0);
    const Record odd = every_other(whole, 1);
    write_record(folder / "whole.npz", whole);
    write_record(folder / "merged.npz", merge_records({{"odd", odd}, {"even", even}}));
    CHECK(read_file(folder / "whole.npz") == read_file(folder / "merged.npz"));

    const auto refused = [&](const std::vector<NamedRecord>& shards, const std::string& piece) {
        check_refused([&] { merge_records(shards); }, ErrorCode::kUsage, piece);
    };
    refused({{"even", even}}, "even: shard 1/2 is missing");
    refused({{"even", even}, {"even2", even}}, "even2: shard 0 is given twice");
    Record other = odd;
    other.meta.plan_digest = "other";
    refused({{"even", even}, {"other", other}}, "other: is not of the same run as even");
    other = odd;
    other.scores.pop_back();
    refused({{"even", even}, {"other", other}}, "is not of the same run");
}

TEST_CASE("record files: wrong ones are refused, naming the array") {
    struct Row {
        std::string name;
        std::function<void(RawFile&)> damage;
        std::string piece;
    };
    const auto set_float = [](float value) {
        return [value](RawFile& file) {
            file["confs"].bytes.replace(4 * 8, 4, raw<float>({value}));  // column 8: (2, linear)
        };
    };
    const auto set_class = [](const char* array, std::size_t at, std::int16_t value) {
        return [=](RawFile& file) { file[array].bytes.replace(2 * at, 2, raw<std::int16_t>({value})); };
    };
    const Row rows[] = {
        {"no label", [](RawFile& file) { file.erase("label"); }, "has no member 'label.npy'"},
        {"no preds", [](RawFile& file) { file.erase("preds"); }, "has no member 'preds.npy'"},
        {"no confs", [](RawFile& file) { file.erase("confs"); }, "has no member 'confs.npy'"},
        {"labels of floats",
         [](RawFile& file) {
             file["label"] = {"f4", {1, 1}, raw<float>({3})};
         },
         "'label.npy': f4 1x1, expected integers, N x 1"},
        {"no images",
         [](RawFile& file) {
             file["label"] = {"i2", {0, 1}, ""};
         },
         "0x1, expected integers"},
        {"labels of rank 3",
         [](RawFile& file) {
             file["label"].shape = {1, 1, 1};
         },
         "1x1x1"},
        {"more images than described",
         [](RawFile& file) {
             file["label"] = {"i2", {2, 1}, raw<std::int16_t>({0, 0})};
         },
         "expected the 1 images of meta_json"},
        {"label of the number of classes", set_class("label", 0, 4),
         "'label.npy': element 0 is 4, expected a class in 0..3"},
        {"negative label", set_class("label", 0, -1), "element 0 is -1"},
        {"class of the number of classes", set_class("preds", 9, 4), "'preds.npy': element 9 is 4"},
        {"negative class", set_class("preds", 0, -7), "'preds.npy': element 0 is -7"},
        {"predictions of floats",
         [](RawFile& file) {
             file["preds"] = {"f4", {10, 1, 1}, std::string(40, '\0')};
         },
         "'preds.npy': f4 10x1x1, expected integers"},
        {"predictions of rank 2",
         [](RawFile& file) {
             file["preds"].shape = {10, 1};
         },
         "expected integers"},
        {"no answers",
         [](RawFile& file) {
             file["preds"] = {"i2", {10, 1, 0}, ""};
         },
         "10x1x0"},
        {"an exit too few",
         [](RawFile& file) {
             file["preds"] = {"i2", {9, 1, 1}, std::string(18, '\0')};
         },
         "9x1x1, expected 10x1x1"},
        {"confidences of another shape",
         [](RawFile& file) {
             file["confs"] = {"f4", {10, 1, 2}, std::string(80, '\0')};
         },
         "'confs.npy': f4 10x1x2, expected 10x1x1"},
        {"confidences of integers",
         [](RawFile& file) {
             file["confs"] = {"i4", {10, 1, 1}, std::string(40, '\0')};
         },
         "expected float32"},
        {"NaN", set_float(NAN), "'confs.npy': element 8 is nan, expected a score in 0..1"},
        {"over 1", set_float(1.0001f), "element 8 is 1.0001"},
        {"infinite", set_float(INFINITY), "element 8 is inf"},
        {"negative", set_float(-0.5f), "element 8 is -0.5"},
        {"a margin too few",
         [](RawFile& file) {
             file["margin"] = {"f4", {9, 1}, std::string(36, '\0')};
         },
         "'margin.npy': f4 9x1, expected 10x1"},
        {"description of integers",
         [](RawFile& file) {
             file["meta_json"] = {"i2", {1}, "xx"};
         },
         "expected uint8"},
        {"no description",
         [](RawFile& file) {
             file["meta_json"] = {"u1", {0}, ""};
         },
         "meta_json"},
    };
    const TempFolder folder;
    const std::string path = folder / "r.npz";
    write_raw(path, good_file());
    CHECK(read_record(path).images == 1);
    for (const Row& row : rows) {
        CAPTURE(row.name);
        RawFile file = good_file();
        row.damage(file);
        write_raw(path, file);
        check_refused([&] { read_record(path); }, ErrorCode::kContent, row.piece);
    }

    RawFile names = good_file();
    names["names"] = {"u1", {4}, std::string("a\0b\0", 4)};
    write_raw(path, names);
    CHECK(read_record(path).images == 1);
    check_refused([&] { read_record(path, {.names = true}); }, ErrorCode::kContent, "2 names, expected 1");

    RawFile bare = good_file();
    bare.erase("meta_json");
    write_raw(path, bare);
    check_refused([&] { read_record(path); }, ErrorCode::kUsage, "has no meta_json");
    const RecordMeta exits = small_meta(0);
    CHECK(read_record(path, {.exits = &exits}).images == 1);
}
