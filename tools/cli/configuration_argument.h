// The value of --config: which set, and which of its configurations.
#pragma once

#include <string>

namespace dyce {

struct ConfigurationArgument {
    std::string set;       ///< file; empty = the set stored in the model
    std::string selector;  ///< for ConfigurationSet::at()
};

/// "SET:NAME", split at the last ':' unless the whole text is a file; "SET" = its balanced one; ":NAME" = of
/// the set stored in the model. Throws Error{kUsage} when nothing follows the ':'.
ConfigurationArgument parse_configuration_argument(const std::string& text);

}  // namespace dyce
