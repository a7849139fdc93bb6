// A strict JSON reader (RFC 8259) for text that may be hostile: values are pulled in document order, so that
// the caller stops at the first wrong one and no tree is built. Beyond the standard it refuses repeated keys,
// integers beyond 63 bits, and nesting over a limit. One thread; the text must outlive the reader.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <variant>

namespace dyce {

constexpr int kMaxJsonDepth = 32;

enum class JsonKind { kNull, kBool, kNumber, kString, kArray, kObject };

/// "null", "bool", "number", ...
const char* name_of(JsonKind kind);

/// Every function throws Error{kContent} at `where`, naming the byte and the line, when the text is not what
/// was asked for.
class JsonReader {
public:
    JsonReader(std::string_view text, std::string where);

    /// How errors call the place from here on.
    void set_where(std::string where) { where_ = std::move(where); }
    const std::string& where() const { return where_; }

    /// Kind of the value that comes next.
    JsonKind peek();
    void null();
    bool boolean();
    /// An integer when written without fraction and exponent, else a finite double.
    std::variant<std::int64_t, double> number();
    std::int64_t integer();
    std::string string();
    /// Calls `element`, which must read one value, for each element.
    void array(const std::function<void()>& element);
    /// Calls `member`, which must read one value, for each member.
    void object(const std::function<void(const std::string& key)>& member);
    /// Nothing but spaces may be left.
    void finish();

    [[noreturn]] void fail(const std::string& message) const;

private:
    void skip_spaces();
    bool accept(char c);
    void expect(char c);
    void expect(JsonKind kind);
    void literal(std::string_view word);
    void enter();
    std::string escape();
    unsigned hex4();

    std::string_view text_;
    std::string where_;
    std::size_t at_ = 0;
    int depth_ = 0;
};

}  // namespace dyce
