#include "tools/report/html.h"

#include "runtime/core/text.h"

#include <cstdio>

namespace dyce {
namespace {

constexpr const char* kReplacement = "\xEF\xBF\xBD";

std::string character(char c) {
    switch (c) {
        case '&': return "&amp;";
        case '<': return "&lt;";
        case '>': return "&gt;";
        case '"': return "&quot;";
        case '\'': return "&#39;";
        default: break;
    }
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7F ? kReplacement : std::string(1, c);
}

}  // namespace

std::string html_text(std::string_view text) {
    std::string result;
    while (!text.empty()) {
        const std::size_t valid = valid_utf8_prefix(text);
        for (const char c : text.substr(0, valid)) result += character(c);
        if (valid == text.size()) break;
        result += kReplacement;
        text.remove_prefix(valid + 1);
    }
    return result;
}

std::string fixed(double value, int digits) {
    char text[400];  // the largest double has 309 digits
    std::snprintf(text, sizeof text, "%.*f", digits, value);
    return text;
}

std::string percent(double share, int digits) { return fixed(100 * share, digits) + " %"; }

}  // namespace dyce
