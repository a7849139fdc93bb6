#include "loaders/import/onnx/tensor_proto.h"

#include "loaders/format/element.h"
#include "loaders/import/onnx/side_file.h"
#include "runtime/core/checked.h"
#include "runtime/core/fail.h"
#include "runtime/core/text.h"

#include <dyce/error.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstring>
#include <limits>
#include <vector>

namespace dyce {
namespace {

using onnx::TensorProto;

constexpr int kOnnxUint4 = 21, kOnnxInt4 = 22;                 // Debian 12's ONNX does not name them yet
constexpr std::int64_t kMaxHalfBytes = std::int64_t{1} << 30;  // elements; each takes four bytes, unpacked

bool is_half_byte(int type) { return type == kOnnxUint4 || type == kOnnxInt4; }

const Element* element_of_onnx(int type) {
    switch (type) {
        case TensorProto::FLOAT: return find_safetensors_element("F32");
        case TensorProto::DOUBLE: return find_safetensors_element("F64");
        case TensorProto::FLOAT16: return find_safetensors_element("F16");
        case TensorProto::BFLOAT16: return find_safetensors_element("BF16");
        case TensorProto::INT64: return find_safetensors_element("I64");
        case TensorProto::INT32: return find_safetensors_element("I32");
        case kOnnxUint4:  // once unpacked
        case TensorProto::UINT8: return find_safetensors_element("U8");
        case TensorProto::BOOL: return find_safetensors_element("BOOL");
        case kOnnxInt4:
        case TensorProto::INT8: return find_safetensors_element("I8");
        case TensorProto::INT16: return find_safetensors_element("I16");
        case TensorProto::UINT16: return find_safetensors_element("U16");
        default: return nullptr;
    }
}

Shape decode_shape(const TensorProto& proto, const std::string& where) {
    if (proto.dims_size() > Shape::kMaxRank)
        fail_content(where, "has " + std::to_string(proto.dims_size()) + " dimensions, at most " +
                                std::to_string(Shape::kMaxRank) + " are supported");
    for (std::int64_t dim : proto.dims())
        if (dim < 0) fail_content(where, "has a dimension of " + std::to_string(dim));
    return Shape(proto.dims().begin(), proto.dims().end());
}

std::int64_t byte_size(const Shape& shape, std::size_t element_size, const std::string& where) {
    std::int64_t bytes = static_cast<std::int64_t>(element_size);
    for (std::int64_t dim : shape)
        if (!checked_multiply(bytes, dim, &bytes))
            fail_content(where, "the size of " + shape.to_string() + " overflows");
    return bytes;
}

// Packs a repeated field the way raw_data would hold it.
template <class Stored, class Field>
std::string pack(const Field& field, const std::string& where) {
    std::string bytes(static_cast<std::size_t>(field.size()) * sizeof(Stored), '\0');
    char* to = bytes.data();
    for (const auto value : field) {
        if constexpr (sizeof(Stored) < sizeof(value))
            if (value < std::numeric_limits<Stored>::min() || value > std::numeric_limits<Stored>::max())
                fail_content(where, "value " + std::to_string(value) + " does not fit its element type");
        const auto stored = static_cast<Stored>(value);
        std::memcpy(to, &stored, sizeof(Stored));
        to += sizeof(Stored);
    }
    return bytes;
}

// A byte for each element; two lie in one, the first in its lower half.
std::string unpack_half_bytes(std::string_view packed, int type, std::size_t count) {
    std::string bytes(count, '\0');
    for (std::size_t i = 0; i < count; ++i) {
        const int value = static_cast<unsigned char>(packed[i / 2]) >> (i % 2 * 4) & 15;
        bytes[i] = static_cast<char>(type == kOnnxInt4 && value > 7 ? value - 16 : value);
    }
    return bytes;
}

std::string packed_values(const TensorProto& proto, const std::string& where) {
    switch (proto.data_type()) {
        case TensorProto::FLOAT: return pack<float>(proto.float_data(), where);
        case TensorProto::DOUBLE: return pack<double>(proto.double_data(), where);
        case TensorProto::INT64: return pack<std::int64_t>(proto.int64_data(), where);
        case TensorProto::INT32: return pack<std::int32_t>(proto.int32_data(), where);
        case TensorProto::INT8: return pack<std::int8_t>(proto.int32_data(), where);
        case TensorProto::INT16: return pack<std::int16_t>(proto.int32_data(), where);
        case TensorProto::UINT16:
        case TensorProto::FLOAT16:
        case TensorProto::BFLOAT16: return pack<std::uint16_t>(proto.int32_data(), where);
        default: return pack<std::uint8_t>(proto.int32_data(), where);  // UINT8, BOOL
    }
}

std::int64_t parse_integer(const std::string& text, const std::string& where, const char* key) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value < 0)
        fail_content(where, std::string("external data: ") + key + " is " + in_quotes(text) +
                                "; expected a number from 0 to 2^63 - 1");
    return value;
}

SideFileRange decode_range(const TensorProto& proto, std::int64_t bytes, const std::string& where) {
    SideFileRange range{"", 0, bytes};
    for (const auto& entry : proto.external_data()) {
        if (entry.key() == "location") range.file = entry.value();
        if (entry.key() == "offset") range.offset = parse_integer(entry.value(), where, "offset");
        if (entry.key() == "length" && parse_integer(entry.value(), where, "length") != bytes)
            fail_content(where, "external data: length is " + entry.value() + ", the shape needs " +
                                    std::to_string(bytes) + " bytes");
    }
    if (range.file.empty()) fail_content(where, "external data without a location");
    return range;
}

}  // namespace

std::string onnx_type_name(int type) {
    std::string name = onnx::TensorProto_DataType_IsValid(type)
                           ? onnx::TensorProto_DataType_Name(static_cast<onnx::TensorProto_DataType>(type))
                           : "type " + std::to_string(type);
    if (name == "FLOAT") return "float32";
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return name;
}

bool is_supported_type(int type) {
    const Element* element = element_of_onnx(type);
    return element != nullptr && element->widen == nullptr && !is_half_byte(type);
}

bool is_real_type(int type) {
    const Element* element = element_of_onnx(type);
    return element != nullptr && element->dtype == DataType::kFloat32;
}

std::optional<IntegerRange> range_of_integers(int type) {
    switch (type) {
        case kOnnxUint4: return IntegerRange{0, 15};
        case kOnnxInt4: return IntegerRange{-8, 7};
        case TensorProto::UINT8: return IntegerRange{0, 255};
        case TensorProto::INT8: return IntegerRange{-128, 127};
        case TensorProto::UINT16: return IntegerRange{0, 65'535};
        case TensorProto::INT16: return IntegerRange{-32'768, 32'767};
        default: return std::nullopt;
    }
}

int onnx_float32_type() { return TensorProto::FLOAT; }

DataType decode_type(int type, const std::string& where) {
    if (is_real_type(type)) return DataType::kFloat32;
    if (!is_supported_type(type))
        fail_content(where, "element type " + onnx_type_name(type) + " is not supported");
    return *element_of_onnx(type)->dtype;
}

Tensor decode_tensor(const TensorProto& proto, const std::string& folder, const std::string& where) {
    const Element* element = element_of_onnx(proto.data_type());
    if (element == nullptr)
        fail_content(where, "element type " + onnx_type_name(proto.data_type()) +
                                " is not supported; known are float32, float16, bfloat16, double, int64, "
                                "int32, int16, uint16, int8, uint8, int4, uint4 "
                                "and bool");
    if (proto.has_segment()) fail_content(where, "is stored in segments, which is not supported");
    const Shape shape = decode_shape(proto, where);
    const bool halves = is_half_byte(proto.data_type());
    const std::int64_t count = byte_size(shape, 1, where);
    if (halves && count > kMaxHalfBytes)
        throw Error(
            ErrorCode::kResource, where,
            std::to_string(count) + " elements of four bits, the limit is " + std::to_string(kMaxHalfBytes));
    const std::int64_t bytes = halves ? count / 2 + count % 2 : byte_size(shape, element->size, where);
    std::shared_ptr<const std::byte> block;
    std::string packed;
    std::span<const std::byte> stored;
    if (proto.data_location() == TensorProto::EXTERNAL) {
        block = read_side_file(folder, decode_range(proto, bytes, where), where);
        stored = {block.get(), static_cast<std::size_t>(bytes)};
    } else {
        if (!proto.has_raw_data()) packed = packed_values(proto, where);
        stored = std::as_bytes(std::span<const char>(proto.has_raw_data() ? proto.raw_data() : packed));
    }
    if (stored.size() != static_cast<std::size_t>(bytes))
        fail_content(where, "holds " + std::to_string(stored.size() / element->size * (halves ? 2 : 1)) +
                                " values, the shape " + shape.to_string() + " needs " +
                                std::to_string(shape.elements()));
    if (!halves) return to_tensor(*element, shape, stored, block, where);
    const std::string_view text(reinterpret_cast<const char*>(stored.data()), stored.size());
    const std::string whole = unpack_half_bytes(text, proto.data_type(), static_cast<std::size_t>(count));
    return to_tensor(*element, shape, std::as_bytes(std::span<const char>(whole)), nullptr, where);
}

std::string folder_of(const std::string& path) {
    const auto slash = path.rfind('/');
    if (slash == std::string::npos) return ".";
    return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace dyce
