#include "tools/cli/member_argument.h"

#include "tools/cli/arguments.h"

#include <dyce/error.h>

#include <filesystem>

namespace dyce {

MemberArgument parse_member_argument(const std::string& text) {
    constexpr std::string_view kTau = "tau=";
    std::error_code ignored;
    const std::size_t at = text.rfind('@');
    const bool is_path = at == std::string::npos || text.find('/', at) != std::string::npos;
    if (is_path || std::filesystem::exists(text, ignored)) return {text, {}};
    const std::string setting = text.substr(at + 1);
    if (!setting.starts_with(kTau))
        throw Error(ErrorCode::kUsage, text, "\"" + setting + "\" given behind the @, expected tau=X");
    return {text.substr(0, at), parse_real(setting.substr(kTau.size()), text, 0, 1)};
}

}  // namespace dyce
