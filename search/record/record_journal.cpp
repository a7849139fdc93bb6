#include "search/record/record_journal.h"

#include "search/record/record_meta.h"

#include <algorithm>
#include <array>
#include <type_traits>
#include <utility>

#include <unistd.h>

namespace dyce {
namespace {

constexpr const char* kJournalFormat = "dyce.journal/2";

// A row without anything in it yet.
RecordRow row_of(const JournalShape& shape) {
    const std::size_t positions = shape.gated != nullptr ? shape.gated->positions.size() : 0;
    return {std::vector<std::int32_t>(shape.classes_per_row), std::vector<float>(shape.scores_per_row),
            std::vector<std::int64_t>(positions)};
}

// A row's lists, as bytes, in the order of the file.
template <class Row>
auto lists_of(Row& row) {
    const auto bytes = [](auto& list) {
        if constexpr (std::is_const_v<Row>)
            return std::as_bytes(std::span(list));
        else
            return std::as_writable_bytes(std::span(list));
    };
    return std::array{bytes(row.classes), bytes(row.scores), bytes(row.paid)};
}

std::size_t bytes_of_row(const JournalShape& shape) {
    const RecordRow row = row_of(shape);
    std::size_t bytes = 0;
    for (const auto list : lists_of(row)) bytes += list.size();
    return bytes;
}

BlockHeading journal_heading(const std::string& key, const JournalShape& shape) {
    return {kJournalFormat, key, static_cast<std::int64_t>(shape.rows), bytes_of_row(shape)};
}

bool can_be_noted(const RecordRow& row, const JournalShape& shape) {
    const auto is_class = [&](std::int32_t c) { return c >= 0 && c < shape.classes; };
    if (shape.gated != nullptr && paid_misfit(*shape.gated, row.paid)) return false;
    return std::all_of(row.classes.begin(), row.classes.end(), is_class) &&
           std::all_of(row.scores.begin(), row.scores.end(),
                       [](float score) { return is_recorded_score(score); });
}

}  // namespace

RecordJournal::RecordJournal(const std::string& path, const std::string& key, const JournalShape& shape)
    : shape_(shape), file_(path, journal_heading(key, shape), [this](std::span<const std::byte> block) {
          return take(block);
      }) {
    file_.begin_writing();
}

bool RecordJournal::take(std::span<const std::byte> block) {
    const std::size_t kept = rows_.size();
    while (!block.empty()) {
        RecordRow row = row_of(shape_);
        for (const auto list : lists_of(row)) {
            std::ranges::copy(block.first(list.size()), list.begin());
            block = block.subspan(list.size());
        }
        if (!can_be_noted(row, shape_)) {
            rows_.resize(kept);
            return false;
        }
        rows_.push_back(std::move(row));
    }
    return true;
}

void RecordJournal::add(std::vector<RecordRow> rows) {
    std::vector<std::byte> block;
    block.reserve(rows.size() * bytes_of_row(shape_));
    for (RecordRow& row : rows) {
        for (const auto list : lists_of(std::as_const(row)))
            block.insert(block.end(), list.begin(), list.end());
        rows_.push_back(std::move(row));
    }
    file_.append(block);
}

void RecordJournal::remove() {
    if (::unlink(file_.file().path().c_str()) != 0) file_.file().fail("remove");
}

}  // namespace dyce
