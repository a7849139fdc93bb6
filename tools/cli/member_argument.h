// One of the models that become members of another, as a user gives it: "FILE" or "FILE@tau=0.3". A function.
#pragma once

#include <optional>
#include <string>

namespace dyce {

struct MemberArgument {
    std::string path;
    std::optional<double> tau;  ///< instead of what the file says
};

/// Split at the last @ unless a file is called so as a whole. Throws Error{kUsage} on what stands behind it when that is no
/// setting, or none of 0 to 1.
MemberArgument parse_member_argument(const std::string& text);

}  // namespace dyce
