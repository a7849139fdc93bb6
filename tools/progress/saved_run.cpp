#include "tools/progress/saved_run.h"

#include "runtime/core/fail.h"

#include <algorithm>
#include <cstring>
#include <type_traits>

namespace dyce {
namespace {

constexpr std::size_t kAlignment = 64;  // of the values behind

class SlotWriter {
public:
    explicit SlotWriter(std::span<std::byte> to) : to_(to) {}

    template <class Number>
    requires std::is_arithmetic_v<Number>
    void put(Number number) { put_bytes(&number, sizeof number); }
    void put(const std::string& text) {
        put(static_cast<std::uint32_t>(text.size()));
        put_bytes(text.data(), text.size());
    }
    template <class Number>
    void put(const std::vector<Number>& numbers) {
        put(static_cast<std::uint32_t>(numbers.size()));
        put_bytes(numbers.data(), numbers.size() * sizeof(Number));
    }
    std::size_t aligned_end() {
        while (at_ % kAlignment != 0) put(std::uint8_t{0});
        return at_;
    }

private:
    void put_bytes(const void* bytes, std::size_t size) {
        if (size > to_.size() - at_) fail_content("progress", "does not fit into its slot");
        if (size > 0) std::memcpy(to_.data() + at_, bytes, size);
        at_ += size;
    }

    std::span<std::byte> to_;
    std::size_t at_ = 0;
};

class SlotReader {
public:
    SlotReader(std::span<const std::byte> from, const std::string& where) : from_(from), where_(where) {}

    template <class Number>
    void take(Number& number) requires std::is_arithmetic_v<Number> {
        take_bytes(&number, sizeof number);
    }
    void take(std::string& text) {
        text.resize(take_count(1));
        take_bytes(text.data(), text.size());
    }
    template <class Number>
    void take(std::vector<Number>& numbers) {
        numbers.resize(take_count(sizeof(Number)));
        take_bytes(numbers.data(), numbers.size() * sizeof(Number));
    }
    /// Of things of at least so many bytes each.
    std::size_t take_count(std::size_t bytes) {
        std::uint32_t count = 0;
        take(count);
        if (count > (from_.size() - at_) / bytes) fail();
        return count;
    }
    std::span<const std::byte> rest() {
        at_ = (at_ + kAlignment - 1) / kAlignment * kAlignment;
        if (at_ > from_.size()) fail();
        return from_.subspan(at_);
    }
    [[noreturn]] void fail() const {
        fail_content(where_, "a slot does not hold what it should; remove the file");
    }

private:
    void take_bytes(void* bytes, std::size_t size) {
        if (size > from_.size() - at_) fail();
        if (size > 0) std::memcpy(bytes, from_.data() + at_, size);
        at_ += size;
    }

    std::span<const std::byte> from_;
    const std::string& where_;
    std::size_t at_ = 0;
};

// The order of what a slot holds, for whoever writes or reads it.
template <class Run, class Each>
void each_of_run(Run& run, const Each& each) {
    each(run.images);
    each(run.out_bytes);
    each(run.out_end);
    each(run.notes);
    each(run.member);
    each(run.stage);
    for (auto* rows : {&run.present, &run.arrived, &run.waiting}) each(*rows);
    each(run.skipped);
}

template <class Answer, class Each>
void each_of_answer(Answer& answer, const Each& each) {
    each(answer.row);
    each(answer.position);
    each(answer.head);
    each(answer.score);
    each(answer.macs);
    each(answer.logits);
    each(answer.skipped);
}

template <class Row, class Each>
void each_of_row(Row& row, std::int64_t& paid, std::uint8_t& has_begun, const Each& each) {
    each(paid);
    each(row.best);
    each(row.agreement);
    each(row.score);
    each(has_begun);
}

void check_rows(const SavedRun& run, const SlotReader& reader) {
    std::vector<bool> is_somewhere(run.rows.size());
    const auto note = [&](int row) {
        if (row < 0 || static_cast<std::size_t>(row) >= run.rows.size() ||
            is_somewhere[static_cast<std::size_t>(row)])
            reader.fail();
        is_somewhere[static_cast<std::size_t>(row)] = true;
    };
    for (const auto* rows : {&run.present, &run.arrived, &run.waiting}) std::ranges::for_each(*rows, note);
    for (const SavedAnswer& answer : run.answers) note(answer.row);
    if (std::ranges::count(is_somewhere, false) > 0 || run.images_digests.size() != run.rows.size() ||
        (run.is_under_way() && run.present.empty()))
        reader.fail();
}

}  // namespace

RunState SavedRun::state() const {
    return {.member = member,
            .stage = stage,
            .present = present,
            .arrived = arrived,
            .waiting = waiting,
            .rows = rows,
            .skipped = skipped,
            .held = held};
}

std::size_t saved_bytes(std::size_t rows, std::size_t classes, std::size_t sites, std::size_t notes) {
    constexpr std::size_t kFixed = 256, kRow = 128;
    const std::size_t skipped = SkippedTable(0, sites).words() * sizeof(std::uint64_t);
    return kFixed + notes + rows * (kRow + 2 * skipped + classes * sizeof(float));
}

std::size_t write_saved(const SavedRun& run, std::span<std::byte> to) {
    SlotWriter writer(to);
    const auto put = [&](const auto& field) { writer.put(field); };
    each_of_run(run, put);
    writer.put(static_cast<std::uint32_t>(run.rows.size()));
    for (const RowState& row : run.rows) {
        std::int64_t paid = row.cost.at(0);
        std::uint8_t has_begun = row.has_begun ? 1 : 0;
        each_of_row(row, paid, has_begun, put);
    }
    writer.put(static_cast<std::uint32_t>(run.images_digests.size()));
    for (const std::string& digest : run.images_digests) writer.put(digest);
    writer.put(static_cast<std::uint32_t>(run.answers.size()));
    for (const SavedAnswer& answer : run.answers) each_of_answer(answer, put);
    return writer.aligned_end();
}

SavedRun read_saved(std::span<const std::byte> bytes, const std::string& where) {
    SavedRun run;
    SlotReader reader(bytes, where);
    const auto take = [&](auto& field) { reader.take(field); };
    each_of_run(run, take);
    run.rows.resize(reader.take_count(1));
    for (RowState& row : run.rows) {
        std::int64_t paid = 0;
        std::uint8_t has_begun = 0;
        each_of_row(row, paid, has_begun, take);
        row.cost.add_head(paid);
        row.has_begun = has_begun != 0;
    }
    run.images_digests.resize(reader.take_count(1));
    for (std::string& digest : run.images_digests) reader.take(digest);
    run.answers.resize(reader.take_count(1));
    for (SavedAnswer& answer : run.answers) each_of_answer(answer, take);
    check_rows(run, reader);
    run.held = reader.rest();
    return run;
}

}  // namespace dyce
