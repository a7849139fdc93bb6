// The named parameters of an operator. A value, ordered by name.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

namespace dyce {

using AttributeValue =
    std::variant<std::int64_t, float, std::string, std::vector<std::int64_t>, std::vector<float>>;

/// Alternatives of AttributeValue, in its order.
enum class AttributeKind { kInt, kFloat, kString, kInts, kFloats };

AttributeKind kind_of(const AttributeValue& value);
/// "int", "float", "string", "ints", "floats".
const char* name_of(AttributeKind kind);

class Attributes {
public:
    Attributes() = default;
    Attributes(std::initializer_list<std::pair<const std::string, AttributeValue>> values)
        : values_(values) {}

    bool has(const std::string& name) const { return values_.count(name) != 0; }
    void set(const std::string& name, AttributeValue value) { values_[name] = std::move(value); }
    void erase(const std::string& name) { values_.erase(name); }

    /// The value, or `fallback` when absent. Throws Error{kContent} when it is of another kind.
    std::int64_t integer(const std::string& name, std::int64_t fallback) const;
    float real(const std::string& name, float fallback) const;
    std::string text(const std::string& name, const std::string& fallback) const;
    std::vector<std::int64_t> integers(const std::string& name,
                                       std::vector<std::int64_t> fallback = {}) const;
    std::vector<float> reals(const std::string& name, std::vector<float> fallback = {}) const;

    auto begin() const { return values_.begin(); }
    auto end() const { return values_.end(); }
    friend bool operator==(const Attributes&, const Attributes&) = default;

private:
    std::map<std::string, AttributeValue> values_;
};

}  // namespace dyce
