// Text inside pages. Pure functions.
#pragma once

#include <string>
#include <string_view>

namespace dyce {

/// `text` as the content of an element or of a quoted attribute. What HTML cannot hold - bytes that are not
/// UTF-8, control characters - becomes U+FFFD.
std::string html_text(std::string_view text);

/// `value` with so many digits after the point.
std::string fixed(double value, int digits);
/// 0.4159 as "41.6 %".
std::string percent(double share, int digits = 1);

}  // namespace dyce
