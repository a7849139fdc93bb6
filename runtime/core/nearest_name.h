// The known name that a mistyped one most likely meant, for error messages.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace dyce {

/// The fewest inserted, deleted or replaced characters that turn `a` into `b` (Levenshtein distance).
int edit_distance(std::string_view a, std::string_view b);

/// The candidate closest to `name`, the earliest of several; empty when none is within a third of the
/// characters of `name` (at least one edit): what is farther away was hardly meant.
std::string_view nearest_name(std::string_view name, std::span<const std::string_view> candidates);

/// How a message goes on that calls `name` unknown: "; the nearest is NEAREST", that between two `quote`s, or
/// nothing where no candidate is near.
std::string nearest_hint(std::string_view name, std::span<const std::string_view> candidates,
                         std::string_view quote = "");

}  // namespace dyce
