// The known name that a mistyped one most likely meant, for error messages.
#pragma once

#include <span>
#include <string_view>

namespace dyce {

/// The fewest inserted, deleted or replaced characters that turn `a` into `b` (Levenshtein distance).
int edit_distance(std::string_view a, std::string_view b);

/// The candidate closest to `name`, the earliest of several; empty when there are no candidates.
std::string_view nearest_name(std::string_view name, std::span<const std::string_view> candidates);

}  // namespace dyce
