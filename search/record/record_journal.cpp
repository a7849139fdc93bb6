#include "search/record/record_journal.h"

#include <algorithm>
#include <cstring>

#include <unistd.h>

namespace dyce {
namespace {

constexpr const char* kJournalFormat = "dyce.journal/2";

std::size_t bytes_of_row(const JournalShape& shape) {
    return sizeof(std::int32_t) * shape.classes_per_row + sizeof(float) * shape.scores_per_row;
}

BlockHeading journal_heading(const std::string& key, const JournalShape& shape) {
    return {kJournalFormat, key, static_cast<std::int64_t>(shape.rows), bytes_of_row(shape)};
}

bool can_be_noted(const RecordRow& row, std::int64_t classes) {
    const auto is_class = [&](std::int32_t c) { return c >= 0 && c < classes; };
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
    const std::size_t class_bytes = sizeof(std::int32_t) * shape_.classes_per_row;
    for (; !block.empty(); block = block.subspan(bytes_of_row(shape_))) {
        RecordRow row{std::vector<std::int32_t>(shape_.classes_per_row),
                      std::vector<float>(shape_.scores_per_row)};
        std::memcpy(row.classes.data(), block.data(), class_bytes);
        std::memcpy(row.scores.data(), block.data() + class_bytes, sizeof(float) * shape_.scores_per_row);
        if (!can_be_noted(row, shape_.classes)) {
            rows_.resize(kept);
            return false;
        }
        rows_.push_back(std::move(row));
    }
    return true;
}

void RecordJournal::add(std::vector<RecordRow> rows) {
    const std::size_t row_bytes = bytes_of_row(shape_);
    const std::size_t class_bytes = sizeof(std::int32_t) * shape_.classes_per_row;
    std::vector<std::byte> block(rows.size() * row_bytes);
    std::byte* next = block.data();
    for (RecordRow& row : rows) {
        std::memcpy(next, row.classes.data(), class_bytes);
        std::memcpy(next + class_bytes, row.scores.data(), row_bytes - class_bytes);
        next += row_bytes;
        rows_.push_back(std::move(row));
    }
    file_.append(block);
}

void RecordJournal::remove() {
    if (::unlink(file_.file().path().c_str()) != 0) file_.file().fail("remove");
}

}  // namespace dyce
