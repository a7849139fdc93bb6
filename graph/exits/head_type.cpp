#include "graph/exits/head_type.h"

#include <charconv>

namespace dyce {
namespace {

constexpr HeadFamily kGroupFamilies[] = {{"stage-", HeadFamily::Scope::kMap, true, false},
                                         {"shared-", HeadFamily::Scope::kMember, false, true}};

// The number at the front of `text`, of at most `digits` digits and without a leading zero, which is removed.
std::optional<int> take_number(std::string_view& text, std::size_t digits) {
    std::size_t length = 0;
    while (length < text.size() && text[length] >= '0' && text[length] <= '9') ++length;
    if (length == 0 || length > digits || text[0] == '0') return {};
    int value = 0;
    std::from_chars(text.data(), text.data() + length, value);
    text.remove_prefix(length);
    return value;
}

bool take_word(std::string_view& text, std::string_view word) {
    if (!text.starts_with(word)) return false;
    text.remove_prefix(word.size());
    return true;
}

// "cls-", "gridG-" or nothing.
bool take_pool(std::string_view& text, HeadType& type) {
    type.class_token = take_word(text, "cls-");
    if (type.class_token || !take_word(text, "grid")) return true;
    const auto grid = take_number(text, 2);
    if (!grid || !take_word(text, "-")) return false;
    type.grid = *grid;
    return true;
}

// "linear" or "mlpLxH", and nothing behind it.
bool take_layers(std::string_view text, HeadType& type) {
    if (text == "linear") return true;
    if (!take_word(text, "mlp")) return false;
    const auto layers = take_number(text, 1);
    if (!layers || !take_word(text, "x")) return false;
    const auto hidden = take_number(text, 5);
    if (!hidden || !text.empty()) return false;
    type.layers = *layers;
    type.hidden = *hidden;
    return true;
}

// "gridG-H": one hidden layer, and nothing behind it.
bool take_group_layers(std::string_view text, HeadType& type) {
    if (!text.starts_with("grid") || !take_pool(text, type)) return false;
    const auto hidden = take_number(text, 5);
    if (!hidden || !text.empty()) return false;
    type.layers = 2;
    type.hidden = *hidden;
    return true;
}

bool take_type(std::string_view text, HeadType& type) {
    for (const HeadFamily& family : kGroupFamilies)
        if (take_word(text, family.prefix)) {
            type.family = family;
            return take_group_layers(text, type);
        }
    type.norm = take_word(text, "norm-");
    return take_pool(text, type) && take_layers(text, type);
}

}  // namespace

std::vector<std::int64_t> HeadType::widths(std::int64_t channels, std::int64_t classes) const {
    std::vector<std::int64_t> result(static_cast<std::size_t>(layers) + 1, hidden);
    result.front() = channels * grid * grid;
    result.back() = classes;
    return result;
}

std::optional<HeadType> parse_head_type(std::string_view name) {
    HeadType type;
    type.name = name;
    if (!take_type(name, type)) return {};
    return type;
}

HeadType gate_type() {
    HeadType type;
    type.name = "gate-ff16";
    type.layers = 2;
    type.hidden = 16;
    type.is_gate = true;
    return type;
}

}  // namespace dyce
