// The rows of a record that is being made, on disk, so that a run that was killed goes on where it was. One
// thread; the file is the journal's own.
#pragma once

#include "search/recorder.h"

#include <string>
#include <vector>

namespace dyce {

class RecordJournal {
public:
    /// Opens `path`. Rows of an earlier run are kept when that run had the same `heading` - everything that
    /// its rows depend on - and dropped otherwise. Throws Error{kIo}.
    RecordJournal(std::string path, const std::string& heading, std::size_t classes_per_row,
                  std::size_t scores_per_row);
    ~RecordJournal();
    RecordJournal(const RecordJournal&) = delete;
    RecordJournal& operator=(const RecordJournal&) = delete;

    const std::vector<RecordRow>& rows() const { return rows_; }
    /// Adds rows and waits until they are on the disk.
    void add(std::vector<RecordRow> rows);
    /// The record is written: the journal goes.
    void remove();

private:
    std::size_t row_bytes() const;
    void read_rows(const std::string& heading);

    std::string path_;
    std::size_t classes_, scores_;
    int file_ = -1;
    std::vector<RecordRow> rows_;
};

}  // namespace dyce
