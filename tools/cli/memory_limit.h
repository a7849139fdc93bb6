// What --max-memory says, and what memory a model takes. Functions.
#pragma once

#include "tools/cli/arguments.h"

#include <dyce/memory.h>
#include <dyce/model.h>
#include <dyce/session.h>

#include <nlohmann/json.hpp>

#include <cstddef>
#include <string>

namespace dyce {

inline const Option kMaxMemoryOption = {
    "max-memory", "SIZE",
    "bytes that running the network may take: 2MiB, 900KB, ..; weights, activations, progress (no limit)"};

/// 0 without the option. Throws Error{kUsage}.
std::size_t max_memory_of(const Arguments& arguments);
/// "2MiB" and "1.5MiB", "900KB", "1000000": bytes, in units of 1024 or of 1000. Throws Error{kUsage} at `where`.
std::size_t parse_size(const std::string& text, const std::string& where);

/// The model, but with the set that --config names as its own, where --max-memory asks which heads are needed.
Model with_given_set(const Arguments& arguments, const Model& model);

struct MemoryReport {
    MemoryUse use;
    /// Resident memory that the process gained beyond these while it compiled the model and ran an image:
    /// oneDNN's own code and objects. Measured, and part of no promise.
    std::size_t others = 0;

    /// {"weights", "packed", "arena", "carries", "progress", "total", "onednn"}, in bytes.
    nlohmann::ordered_json json() const;
    /// Two human-readable lines.
    std::string text() const;
};

/// Makes a session, runs a grey image, and counts; `progress` is what classify --progress takes at its
/// defaults. Throws as Session does.
MemoryReport measure_memory(const Model& model, const SessionOptions& options);

}  // namespace dyce
