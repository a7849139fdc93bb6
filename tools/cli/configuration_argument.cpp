#include "tools/cli/configuration_argument.h"

#include <dyce/error.h>

#include <filesystem>

namespace dyce {

ConfigurationArgument parse_configuration_argument(const std::string& text) {
    constexpr const char* kDefault = "balanced";
    std::error_code ignored;
    const auto colon = text.rfind(':');
    if (colon == text.npos || std::filesystem::is_regular_file(text, ignored)) {
        if (text.empty())
            throw Error(ErrorCode::kUsage, "--config", "is empty, expected SET, SET:NAME or :NAME");
        return {text, kDefault};
    }
    if (colon + 1 == text.size())
        throw Error(ErrorCode::kUsage, "--config",
                    "\"" + text + "\" given, expected the name of a configuration after the ':'");
    return {text.substr(0, colon), text.substr(colon + 1)};
}

}  // namespace dyce
