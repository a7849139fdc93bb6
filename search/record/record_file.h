// Records as .npz files that NumPy and the published DyCE tool read (docs/record-format.md). Free functions;
// thread-safe.
#pragma once

#include "search/record/record.h"

#include <string>

namespace dyce {

struct RecordReadOptions {
    /// Describes the exits of a file without meta_json; without it such a file is refused.
    const RecordMeta* exits = nullptr;
    bool names = false;        ///< also the names of the images
    bool all_answers = false;  ///< of each head, not only the surest: else topk becomes 1
};

/// Reads and checks a whole record. Heads that the model does not have take no memory.
/// Throws Error{kIo}; Error{kContent} naming the array, what was found and what was expected;
/// Error{kResource} over a limit; Error{kUsage} for a file without meta_json when `exits` is not given.
Record read_record(const std::string& path, const RecordReadOptions& options = {});

/// Writes a record all or nothing; equal records make equal files. Throws Error{kIo}, and Error{kResource}
/// beyond 4 GiB.
void write_record(const std::string& path, const Record& record);

}  // namespace dyce
