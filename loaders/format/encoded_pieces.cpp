#include "loaders/format/encoded_pieces.h"

#include "runtime/core/bfloat16.h"
#include "runtime/core/fail.h"
#include "runtime/core/text.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace dyce {
namespace {

std::string list_of(std::initializer_list<std::string_view> types) {
    std::string text;
    for (const std::string_view type : types) text += (text.empty() ? "" : " or ") + std::string(type);
    return text;
}

}  // namespace

bool PieceNumbers::is_integers() const { return element->size == 1; }

float PieceNumbers::operator[](std::size_t i) const {
    const std::byte* at = bytes.data() + i * element->size;
    if (element->size == 1) return static_cast<float>(static_cast<std::int8_t>(*at));
    if (element->size == 2) {
        std::uint16_t bits = 0;
        std::memcpy(&bits, at, sizeof bits);
        return from_bfloat16(bits);
    }
    float value = 0;
    std::memcpy(&value, at, sizeof value);
    return value;
}

const Safetensors::Entry& EncodedPieces::entry(const std::string& name, const std::string& where) const {
    const auto found = file_.entries().find(name);
    if (found == file_.entries().end())
        fail_content(where, "names " + in_quotes(name) + ", which is no stored tensor of the file");
    return found->second;
}

std::span<const std::byte> EncodedPieces::rest(const std::string& name, const std::string& where) const {
    const auto taken = taken_.find(name);
    return file_.bytes(entry(name, where)).subspan(taken == taken_.end() ? 0 : taken->second);
}

PieceNumbers EncodedPieces::take(const std::string& name, std::size_t count,
                                 std::initializer_list<std::string_view> types, const std::string& where) {
    const Element* const element = entry(name, where).element;
    if (std::find(types.begin(), types.end(), element->safetensors) == types.end())
        fail_content(where, in_quotes(name) + " holds " + std::string(element->safetensors) + ", expected " +
                                list_of(types));
    const auto left = rest(name, where);
    const std::size_t bytes = count * element->size;
    if (bytes > left.size())
        fail_content(where, in_quotes(name) + " has " + std::to_string(left.size() / element->size) +
                                " numbers left, expected " + std::to_string(count));
    taken_[name] += bytes;
    return {element, left.first(bytes)};
}

void EncodedPieces::check_all_taken(const std::string& where) const {
    for (const auto& [name, taken] : taken_)
        if (const auto left = file_.bytes(entry(name, where)).size() - taken; left > 0)
            fail_content(where,
                         in_quotes(name) + " has " + std::to_string(left) + " bytes that no tensor takes");
}

Tensor take_scale(EncodedPieces& parts, const std::string& name, const Shape& shape,
                  const std::string& where) {
    if (name.empty()) return {};
    const auto rows = static_cast<std::size_t>(shape[0]);
    const PieceNumbers numbers = parts.take(name, rows, {"F32", "BF16"}, where);
    Tensor scale(DataType::kFloat32, {shape[0]});
    for (std::size_t row = 0; row < rows; ++row) {
        const float one = numbers[row];
        if (!(one > 0) || !std::isfinite(one))
            fail_content(where, "the scale of row " + std::to_string(row) + " is " + std::to_string(one) +
                                    ", expected a finite number above 0");
        scale.mutable_data<float>()[row] = one;
    }
    return scale;
}

}  // namespace dyce
