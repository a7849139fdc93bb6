// Covers record_journal.
#include "search/record/recorder.h"

#include "runtime/exec/executor.h"
#include "runtime/flow/exit_score.h"
#include "search/record/record_file.h"
#include "search/record/record_journal.h"
#include "search/record/record_meta.h"
#include "tests/runtime/session/model_of.h"
#include "tests/support/images.h"
#include "tests/support/support.h"

#include <dyce/error.h>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

using namespace dyce;

namespace {

bool same(const std::vector<RecordRow>& a, const std::vector<RecordRow>& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const RecordRow& x, const RecordRow& y) {
        return x.classes == y.classes && x.scores == y.scores;
    });
}

constexpr JournalShape kJournalShape = {3, 2, 3, 5};

RecordRow journal_row(int seed) {
    return {{seed, seed + 1}, {0.25f * static_cast<float>(seed), 1, kNoScore}};
}

}  // namespace

TEST_CASE("recorder: every head of every member, as the whole graph computes it") {
    const auto model = test::model_of({2, 3});
    const auto images = test::random_images(11, 8);
    RecorderOptions options{.batch = 8, .topk = 2, .scores = {"max_softmax", "margin"}};
    Recorder recorder(model, options);
    const auto& heads = recorder.meta().heads;
    REQUIRE(heads.size() == 4 + 1 + 6 + 1);
    std::vector<RecordRow> rows = recorder.run(std::span(images).first(8));
    for (RecordRow& row : recorder.run(std::span(images).subspan(8))) rows.push_back(std::move(row));

    std::size_t h = 0;
    for (const Member& member : model->members) {
        Executor whole(CompiledModel::compile(member.graph, {.threads = 2}));
        std::vector<std::size_t> outputs;  // a member's classifier stands behind its heads
        for (std::size_t o = 1; o < member.graph.outputs.size(); ++o) outputs.push_back(o);
        outputs.push_back(0);
        for (std::size_t i = 0; i < images.size(); ++i) {
            Tensor image(DataType::kFloat32, {1, 3, 8, 8});
            apply(member.preprocess, images[i], image.mutable_data<float>());
            const auto tensors = whole.run({image});
            for (std::size_t k = 0; k < outputs.size(); ++k) {
                const float* logits = tensors[outputs[k]].data<float>();
                std::vector<int> order = {0, 1, 2, 3, 4};
                std::sort(order.begin(), order.end(), [&](int a, int b) { return logits[a] > logits[b]; });
                double sum = 0;
                for (int c = 0; c < 5; ++c) sum += std::exp(static_cast<double>(logits[c]));
                const auto p = [&](int c) { return std::exp(static_cast<double>(logits[c])) / sum; };
                const std::size_t at = h + k;
                CHECK(rows[i].classes[2 * at] == order[0]);
                CHECK(rows[i].classes[2 * at + 1] == order[1]);
                CHECK(rows[i].scores[3 * at] == doctest::Approx(p(order[0])).epsilon(1e-5));
                CHECK(rows[i].scores[3 * at + 1] == doctest::Approx(p(order[1])).epsilon(1e-5));
                CHECK(rows[i].scores[3 * at + 2] == doctest::Approx(p(order[0]) - p(order[1])).epsilon(1e-4));
            }
        }
        h += outputs.size();
    }
    CHECK_THROWS_AS(Recorder(model, {.scores = {"max_softmax", "patience"}}), Error);
}

TEST_CASE("recorder: columns of the record are the rows") {
    const auto model = test::model_of({2, 3});
    const auto images = test::random_images(3, 8);
    const RecorderOptions options{.batch = 4, .topk = 2, .scores = {"max_softmax", "entropy"}};
    Recorder recorder(model, options);
    const auto rows = recorder.run(images);
    const std::vector<int> labels = {4, 0, 2};
    const Record record = make_record(recorder.meta(), options, rows, labels);
    REQUIRE(record.columns.size() == 12);
    for (std::size_t i = 0; i < 3; ++i) {
        CHECK(record.labels[i] == labels[i]);
        for (std::size_t h = 0; h < 12; ++h) {
            CHECK(record.columns[h].predictions[2 * i + 1] == rows[i].classes[2 * h + 1]);
            CHECK(record.columns[h].scores[0][2 * i] == rows[i].scores[3 * h]);
            CHECK(record.columns[h].scores[1][i] == rows[i].scores[3 * h + 2]);
        }
    }
}

TEST_CASE("recorder: every score there is comes back from the file as it was computed") {
    const auto model = test::model_of({2, 3});
    const auto images = test::random_images(3, 8);
    const auto names = recorded_scores();
    REQUIRE(names.front() == kMaxSoftmax);
    const RecorderOptions options{.batch = 4, .topk = 1, .scores = {names.begin(), names.end()}};
    Recorder recorder(model, options);
    const test::TempFolder folder;
    const std::string path = folder / "r.npz";
    const std::vector<int> labels = {4, 0, 2};
    RecordMeta meta = recorder.meta();
    meta.image_count = 3;
    meta.images_digest = std::string(32, 'c');
    const Record written = make_record(meta, options, recorder.run(images), labels);
    write_record(path, written);
    const Record read = read_record(path);
    CHECK(read.scores == options.scores);
    REQUIRE(read.columns.size() == 12);
    for (std::size_t h = 0; h < 12; ++h) CHECK(read.columns[h].scores == written.columns[h].scores);

    // The first head's logits, as the whole graph computes them.
    const Member& member = model->members[0];
    Executor whole(CompiledModel::compile(member.graph, {.threads = 2}));
    for (std::size_t i = 0; i < images.size(); ++i) {
        Tensor image(DataType::kFloat32, {1, 3, 8, 8});
        apply(member.preprocess, images[i], image.mutable_data<float>());
        const Tensor tensor = whole.run({image})[1];
        const std::span<const float> logits(tensor.data<float>(), 5);
        for (std::size_t s = 0; s < names.size(); ++s)
            CHECK(read.columns[0].scores[s][i] ==
                  doctest::Approx(find_exit_score(options.scores[s]).compute({logits, best_class(logits), 1}))
                      .epsilon(1e-4));
    }
}

TEST_CASE("journal: a run cut off at any byte goes on with the whole blocks it left") {
    test::TempFolder folder;
    const std::string path = folder / "rec.npz.journal";
    const auto write = [&] {
        std::filesystem::remove(path);
        RecordJournal journal(path, "key", kJournalShape);
        journal.add({journal_row(1), journal_row(2)});
        journal.add({journal_row(3)});
    };
    write();
    const auto whole = std::filesystem::file_size(path);
    const std::uintmax_t heading = 128, first = heading + 64 + 2 * 20;
    REQUIRE(whole == first + 64 + 20);
    CHECK(test::read_file(path).starts_with("dyce.journal/2 "));
    for (std::uintmax_t size = 13; size <= whole; ++size) {
        write();
        std::filesystem::resize_file(path, size);
        RecordJournal journal(path, "key", kJournalShape);
        const std::size_t left = size < first ? 0 : size < whole ? 2 : 3;
        REQUIRE(journal.rows().size() == left);
        CHECK(journal.notice().empty());
        for (int i = static_cast<int>(left); i < 3; ++i) journal.add({journal_row(i + 1)});
        CHECK(same(journal.rows(), {journal_row(1), journal_row(2), journal_row(3)}));
    }
    {
        RecordJournal other(path, "another", kJournalShape);
        CHECK(other.rows().empty());
        CHECK(other.notice().find("of other rows") != std::string::npos);
        other.remove();
    }
    CHECK(!std::filesystem::exists(path));
}

TEST_CASE("journal: rows that no exit can say are not taken over, whatever their checksum") {
    test::TempFolder folder;
    const std::string path = folder / "rec.npz.journal";
    const float nan = std::nanf("");
    const struct {
        RecordRow row;
        bool taken;
    } cases[] = {
        {{{0, 4}, {0, 1, kNoScore}}, true},  {{{5, 0}, {0, 0, 0}}, false},
        {{{0, -5}, {0, 0, 0}}, false},       {{{INT32_MAX, 0}, {0, 0, 0}}, false},
        {{{0, 0}, {nan, 0, 0}}, false},      {{{0, 0}, {0, 0, nan}}, false},
        {{{0, 0}, {0, INFINITY, 0}}, false}, {{{0, 0}, {0, 0, -0.5f}}, false},
        {{{0, 0}, {1.5f, 0, 0}}, false},
    };
    for (const auto& [row, taken] : cases) {
        std::filesystem::remove(path);
        {
            RecordJournal journal(path, "key", kJournalShape);
            journal.add({journal_row(1)});
            journal.add({journal_row(2), row});
        }
        const RecordJournal journal(path, "key", kJournalShape);
        CHECK(journal.rows().size() == (taken ? 3 : 1));
        CHECK(journal.notice().empty() == taken);
    }
}

TEST_CASE("journal: of two recordings into one file the second is refused") {
    test::TempFolder folder;
    const std::string path = folder / "rec.npz.journal";
    const RecordJournal first(path, "key", kJournalShape);
    CHECK_THROWS_WITH_AS(RecordJournal(path, "key", kJournalShape), doctest::Contains("cannot lock"), Error);
}
