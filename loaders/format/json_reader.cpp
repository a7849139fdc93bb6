#include "loaders/format/json_reader.h"

#include "runtime/core/text.h"

#include <dyce/error.h>

#include <algorithm>
#include <charconv>
#include <memory_resource>
#include <unordered_set>

namespace dyce {
namespace {

// Length of the number at the start of `text`, 0 when there is none:  -? (0 | [1-9][0-9]*) (.[0-9]+)?
// ([eE][+-]?[0-9]+)?
std::size_t number_length(std::string_view text, bool* is_integer) {
    std::size_t at = 0;
    const auto peek = [&] { return at < text.size() ? text[at] : '\0'; };
    const auto digits = [&] {
        const std::size_t begin = at;
        while (peek() >= '0' && peek() <= '9') ++at;
        return at > begin;
    };
    if (peek() == '-') ++at;
    if (peek() == '0')
        ++at;
    else if (!digits())
        return 0;
    *is_integer = true;
    if (peek() == '.') {
        *is_integer = false;
        ++at;
        if (!digits()) return 0;
    }
    if (peek() == 'e' || peek() == 'E') {
        *is_integer = false;
        ++at;
        if (peek() == '+' || peek() == '-') ++at;
        if (!digits()) return 0;
    }
    return at;
}

void append_utf8(std::string& text, unsigned code) {
    const auto add = [&](unsigned byte) { text += static_cast<char>(byte); };
    if (code < 0x80) {
        add(code);
    } else if (code < 0x800) {
        add(0xC0 | code >> 6), add(0x80 | (code & 63));
    } else if (code < 0x10000) {
        add(0xE0 | code >> 12), add(0x80 | (code >> 6 & 63)), add(0x80 | (code & 63));
    } else {
        add(0xF0 | code >> 18), add(0x80 | (code >> 12 & 63)), add(0x80 | (code >> 6 & 63)),
            add(0x80 | (code & 63));
    }
}

}  // namespace

const char* name_of(JsonKind kind) {
    constexpr const char* kNames[] = {"null", "bool", "number", "string", "array", "object"};
    return kNames[static_cast<int>(kind)];
}

JsonReader::JsonReader(std::string_view text, std::string where) : text_(text), where_(std::move(where)) {
    if (text_.starts_with("\xEF\xBB\xBF"))
        fail("starts with a byte order mark; save it as UTF-8 without one");
    at_ = valid_utf8_prefix(text_);
    if (at_ != text_.size()) fail("is not valid UTF-8");
    at_ = 0;
}

void JsonReader::fail(const std::string& message) const {
    const auto line = 1 + std::count(text_.begin(), text_.begin() + static_cast<std::ptrdiff_t>(at_), '\n');
    throw Error(ErrorCode::kContent, where_,
                "byte " + std::to_string(at_) + " (line " + std::to_string(line) + "): " + message);
}

void JsonReader::skip_spaces() {
    const auto is_space = [](char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; };
    while (at_ < text_.size() && is_space(text_[at_])) ++at_;
}

bool JsonReader::accept(char c) {
    skip_spaces();
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
}

void JsonReader::expect(char c) {
    if (!accept(c)) fail(at_ == text_.size() ? "ends too early" : std::string("expected '") + c + "'");
}

JsonKind JsonReader::peek() {
    skip_spaces();
    if (at_ == text_.size()) fail("ends too early");
    switch (text_[at_]) {
        case 'n': return JsonKind::kNull;
        case 't':
        case 'f': return JsonKind::kBool;
        case '"': return JsonKind::kString;
        case '[': return JsonKind::kArray;
        case '{': return JsonKind::kObject;
        case '-': return JsonKind::kNumber;
        default:
            if (text_[at_] >= '0' && text_[at_] <= '9') return JsonKind::kNumber;
            fail("no JSON value starts with " + in_quotes(text_.substr(at_, 1)));
    }
}

void JsonReader::expect(JsonKind kind) {
    const JsonKind found = peek();
    if (found != kind) fail(std::string("found ") + name_of(found) + ", expected " + name_of(kind));
}

void JsonReader::literal(std::string_view word) {
    if (!text_.substr(at_).starts_with(word)) fail("expected " + std::string(word));
    at_ += word.size();
}

void JsonReader::null() {
    expect(JsonKind::kNull);
    literal("null");
}

bool JsonReader::boolean() {
    expect(JsonKind::kBool);
    const bool value = text_[at_] == 't';
    literal(value ? "true" : "false");
    return value;
}

std::variant<std::int64_t, double> JsonReader::number() {
    expect(JsonKind::kNumber);
    bool is_integer = false;
    const std::size_t length = number_length(text_.substr(at_), &is_integer);
    if (length == 0) fail("malformed number");
    const char* begin = text_.data() + at_;
    const char* end = begin + length;
    const auto parse = [&](auto value, const char* range) {
        if (std::from_chars(begin, end, value).ec != std::errc{})
            fail("the number " + in_quotes({begin, length}) + " is out of the range of " + range);
        at_ += length;
        return value;
    };
    if (is_integer) return parse(std::int64_t{}, "64-bit integers");
    return parse(double{}, "double");
}

std::int64_t JsonReader::integer() {
    expect(JsonKind::kNumber);
    const std::size_t begin = at_;
    const auto value = number();
    if (const auto* integer = std::get_if<std::int64_t>(&value)) return *integer;
    at_ = begin;
    fail("found a number with a fraction or exponent, expected an integer");
}

std::string JsonReader::string() {
    expect(JsonKind::kString);
    ++at_;
    // Measured first: a string may be most of the file, and growing it would need twice its size.
    std::size_t end = at_;
    while (end < text_.size() && text_[end] != '"') end += text_[end] == '\\' ? 2 : 1;
    if (end >= text_.size()) fail("a string is not closed");
    std::string value;
    value.reserve(end - at_);
    while (at_ < end) {
        const char c = text_[at_];
        if (static_cast<unsigned char>(c) < 0x20) fail("a control character inside a string");
        if (c == '\\') {
            value += escape();
        } else {
            value += c;
            ++at_;
        }
    }
    ++at_;
    return value;
}

std::string JsonReader::escape() {
    constexpr std::string_view kLetters = "\"\\/bfnrt";
    constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
    const char letter = text_[at_ + 1];
    if (const std::size_t known = kLetters.find(letter); known != kLetters.npos) {
        at_ += 2;
        return {kMeanings[known]};
    }
    if (letter != 'u') fail("unknown escape " + in_quotes(text_.substr(at_, 2)));
    unsigned code = hex4();
    if (code >= 0xD800 && code < 0xDC00 && text_.substr(at_).starts_with("\\u")) {
        const unsigned low = hex4();
        if (low < 0xDC00 || low > 0xDFFF) fail("a surrogate without its partner");
        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    }
    if (code >= 0xD800 && code < 0xE000) fail("a surrogate without its partner");
    std::string value;
    append_utf8(value, code);
    return value;
}

// Reads \uXXXX.
unsigned JsonReader::hex4() {
    unsigned code = 0;
    const std::string_view digits = text_.substr(std::min(at_ + 2, text_.size()), 4);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), code, 16);
    if (error != std::errc{} || end != digits.data() + 4) fail("expected four hexadecimal digits after \\u");
    at_ += 6;
    return code;
}

void JsonReader::enter() {
    if (++depth_ > kMaxJsonDepth) fail("nested deeper than " + std::to_string(kMaxJsonDepth));
    ++at_;
}

void JsonReader::array(const std::function<void()>& element) {
    expect(JsonKind::kArray);
    enter();
    if (!accept(']')) {
        do element();
        while (accept(','));
        expect(']');
    }
    --depth_;
}

void JsonReader::object(const std::function<void(const std::string& key)>& member) {
    expect(JsonKind::kObject);
    enter();
    if (!accept('}')) {
        // The keys lie together, for headers of many thousands.
        std::pmr::monotonic_buffer_resource memory;
        std::pmr::unordered_set<std::pmr::string> keys(&memory);
        do {
            const std::string key = string();
            if (!keys.emplace(key).second) fail("the key " + in_quotes(key) + " occurs twice");
            expect(':');
            member(key);
        } while (accept(','));
        expect('}');
    }
    --depth_;
}

void JsonReader::finish() {
    skip_spaces();
    if (at_ != text_.size()) fail("more text after the value");
}

}  // namespace dyce
