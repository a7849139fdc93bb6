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

// In one order, for whoever goes through the fields of a row.
template <class Row, class Each>
void each_field(Row& row, std::int64_t& paid, std::uint8_t& has_begun, const Each& each) {
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
            .held = held};
}

std::size_t saved_bytes(std::size_t rows, std::size_t classes, std::size_t notes) {
    constexpr std::size_t kFixed = 256, kRow = 128;
    return kFixed + notes + rows * (kRow + classes * sizeof(float));
}

std::size_t write_saved(const SavedRun& run, std::span<std::byte> to) {
    SlotWriter writer(to);
    writer.put(run.images);
    writer.put(run.out_bytes);
    writer.put(run.out_end);
    writer.put(run.notes);
    writer.put(run.member);
    writer.put(run.stage);
    for (const auto* rows : {&run.present, &run.arrived, &run.waiting}) writer.put(*rows);
    writer.put(static_cast<std::uint32_t>(run.rows.size()));
    for (const RowState& row : run.rows) {
        std::int64_t paid = row.cost.at(0);
        std::uint8_t has_begun = row.has_begun ? 1 : 0;
        each_field(row, paid, has_begun, [&](const auto& field) { writer.put(field); });
    }
    writer.put(static_cast<std::uint32_t>(run.images_digests.size()));
    for (const std::string& digest : run.images_digests) writer.put(digest);
    writer.put(static_cast<std::uint32_t>(run.answers.size()));
    for (const SavedAnswer& answer : run.answers) {
        writer.put(answer.row);
        writer.put(answer.position);
        writer.put(answer.head);
        writer.put(answer.score);
        writer.put(answer.macs);
        writer.put(answer.logits);
    }
    return writer.aligned_end();
}

SavedRun read_saved(std::span<const std::byte> bytes, const std::string& where) {
    SavedRun run;
    SlotReader reader(bytes, where);
    reader.take(run.images);
    reader.take(run.out_bytes);
    reader.take(run.out_end);
    reader.take(run.notes);
    reader.take(run.member);
    reader.take(run.stage);
    for (auto* rows : {&run.present, &run.arrived, &run.waiting}) reader.take(*rows);
    run.rows.resize(reader.take_count(1));
    for (RowState& row : run.rows) {
        std::int64_t paid = 0;
        std::uint8_t has_begun = 0;
        each_field(row, paid, has_begun, [&](auto& field) { reader.take(field); });
        row.cost.add_head(paid);
        row.has_begun = has_begun != 0;
    }
    run.images_digests.resize(reader.take_count(1));
    for (std::string& digest : run.images_digests) reader.take(digest);
    run.answers.resize(reader.take_count(1));
    for (SavedAnswer& answer : run.answers) {
        reader.take(answer.row);
        reader.take(answer.position);
        reader.take(answer.head);
        reader.take(answer.score);
        reader.take(answer.macs);
        reader.take(answer.logits);
    }
    check_rows(run, reader);
    run.held = reader.rest();
    return run;
}

}  // namespace dyce
