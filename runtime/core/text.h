// Text that came out of a file: what is valid, and how error messages show it. Pure functions.
#pragma once

#include <string>
#include <string_view>

namespace dyce {

/// Bytes of the longest prefix that is well-formed UTF-8 (RFC 3629: no overlong forms, surrogates, or code
/// points over U+10FFFF); text.size() when all of it is.
std::size_t valid_utf8_prefix(std::string_view text);

/// Well-formed UTF-8 without control characters (U+0000..U+001F, U+007F..U+009F).
bool is_printable_utf8(std::string_view text);

/// 'text' for an error message: other than printable ASCII as \xNN, long text cut.
std::string in_quotes(std::string_view text);

}  // namespace dyce
