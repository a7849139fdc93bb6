#include "tools/cli/arguments.h"

#include <dyce/error.h>

#include <charconv>
#include <cmath>

namespace dyce {
namespace {

std::string text_of(double value) {
    char buffer[32];
    const auto end = std::to_chars(buffer, buffer + sizeof buffer, value).ptr;
    return {buffer, end};
}

template <class Number>
Number parse(const std::string& text, const std::string& where, Number low, Number high,
             const std::string& kind, const std::string& range) {
    Number value{};
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool whole = code == std::errc() && end == text.data() + text.size();
    if (!whole || !(value >= low && value <= high))
        throw Error(ErrorCode::kUsage, where, "\"" + text + "\" given, expected " + kind + " " + range);
    return value;
}

}  // namespace

std::vector<std::string> split(const std::string& text, char separator) {
    std::vector<std::string> parts;
    if (text.empty()) return parts;
    std::size_t start = 0;
    for (std::size_t end; (end = text.find(separator, start)) != std::string::npos; start = end + 1)
        parts.push_back(text.substr(start, end - start));
    parts.push_back(text.substr(start));
    return parts;
}

std::int64_t parse_integer(const std::string& text, const std::string& where, std::int64_t low,
                           std::int64_t high) {
    return parse(text, where, low, high, "an integer",
                 "from " + std::to_string(low) + " to " + std::to_string(high));
}

double parse_real(const std::string& text, const std::string& where, double low, double high) {
    return parse(text, where, low, high, "a number", "from " + text_of(low) + " to " + text_of(high));
}

}  // namespace dyce
