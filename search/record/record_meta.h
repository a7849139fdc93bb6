// The JSON text `meta_json` inside a record (docs/record-format.md). Pure functions.
#pragma once

#include "graph/exits/exits.h"
#include "search/record/record.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace dyce {

inline constexpr std::int64_t kMaxRecordMacs = std::int64_t{1} << 53;  ///< a double counts them exactly
inline constexpr std::int64_t kMaxRecordImages = std::int64_t{1} << 30;

/// Reads and checks a text of schema dyce.record/1, or /2, which has features. Throws Error{kContent} naming the
/// field, Error{kResource} over a limit.
RecordMeta parse_record_meta(std::string_view text, const std::string& where);

/// The canonical text: equal descriptions give equal texts.
std::string record_meta_text(const RecordMeta& meta);

/// Whether an image can have paid this, by position (Record::paid): what every stage of a member costs, but for those
/// behind gates, which cost anything from nothing up to what stage and gate do. Else the first wrong position.
std::optional<std::size_t> paid_misfit(const RecordMeta& meta, std::span<const std::int64_t> paid);

/// Positions, types and heads of a model, as list_sites() tells them; the rest is left to the caller.
RecordMeta describe_exits(const std::vector<ExitSite>& positions);

}  // namespace dyce
