// What a slot of the progress holds: how many images are done, and where the rows of the batch under way stand.
// Plain values, and their bytes.
#pragma once

#include "runtime/flow/exit_batch.h"
#include "runtime/flow/run_state.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace dyce {

/// A row of the batch that has left already.
struct SavedAnswer {
    int row = 0;
    int position = 0;
    int head = 0;  ///< index in ExitSite::heads
    float score = 0;
    std::int64_t macs = 0;
    std::vector<float> logits = {};
    std::vector<std::uint64_t> skipped = {};  ///< as SkippedTable keeps them
};

struct SavedRun {
    std::uint64_t images = 0;     ///< whose answers are in the output, from the first one on
    std::uint64_t out_bytes = 0;  ///< of the output
    std::string out_end = {};     ///< digest of its last bytes
    std::string notes = {};       ///< of the verb: what it counted

    // Of the batch under way.
    int member = -1;  ///< RunState's; -1: none is under way
    int stage = -1;
    std::vector<int> present = {}, arrived = {}, waiting = {};
    std::vector<RowState> rows = {};
    std::vector<std::uint64_t> skipped = {};       ///< RunState's
    std::vector<std::string> images_digests = {};  ///< by row
    std::vector<SavedAnswer> answers = {};
    std::span<const std::byte> held = {};  ///< borrowed from the slot

    bool is_under_way() const { return member >= 0; }
    RunState state() const;
};

/// What bytes hold of it at most, but for `held`. `sites`: through all members.
std::size_t saved_bytes(std::size_t rows, std::size_t classes, std::size_t sites, std::size_t notes);
/// Writes all but `held`, for which the bytes behind the result are meant; gives how many.
std::size_t write_saved(const SavedRun& run, std::span<std::byte> to);
/// Throws Error{kContent} at `where` when the bytes are no such thing. Whether it fits the engine is not looked at.
SavedRun read_saved(std::span<const std::byte> bytes, const std::string& where);

}  // namespace dyce
