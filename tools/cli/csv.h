// Comma-separated values as RFC 4180 writes them.
#pragma once

#include <string>

namespace dyce {

/// `text` as one field: in quotes, with its quotes doubled, when it holds a separator, a quote or a line end.
inline std::string csv_field(const std::string& text) {
    if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
    std::string quoted = "\"";
    for (char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
    return quoted + "\"";
}

}  // namespace dyce
