// The rows of a record that is being made, on disk, so that a run that was killed goes on where it was
// (docs/record-format.md). One thread; the file is the journal's own.
#pragma once

#include "search/record/block_file.h"
#include "search/record/recorder.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace dyce {

/// What a whole record is made of.
struct JournalShape {
    std::size_t rows;
    std::size_t classes_per_row, scores_per_row;
    std::int64_t classes;  ///< every one noted is below
    /// Of a model with gates, what rows can have paid; must outlive the journal.
    const RecordMeta* gated = nullptr;
};

class RecordJournal {
public:
    /// Opens `path`. Rows of an earlier run are kept when that run had the same `key` - everything that its
    /// rows depend on - and dropped otherwise, as those are that are damaged or that no exit can say.
    /// Throws Error{kIo}, also when dyce did not write what is there.
    RecordJournal(const std::string& path, const std::string& key, const JournalShape& shape);

    const std::vector<RecordRow>& rows() const { return rows_; }
    /// One human-readable line when something was found that is not used; else empty.
    const std::string& notice() const { return file_.notice(); }
    /// Adds rows and waits until they are on the disk.
    void add(std::vector<RecordRow> rows);
    /// The record is written: the journal goes.
    void remove();

private:
    bool take(std::span<const std::byte> block);

    JournalShape shape_;
    std::vector<RecordRow> rows_;
    BlockFile file_;  // last: it fills the rows
};

}  // namespace dyce
