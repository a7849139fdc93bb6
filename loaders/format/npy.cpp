#include "loaders/format/npy.h"

#include "runtime/core/atomic_file.h"
#include "runtime/core/checked.h"
#include "runtime/core/file_mapping.h"
#include "runtime/core/text.h"

#include <dyce/error.h>

#include <charconv>
#include <optional>
#include <string_view>

namespace dyce {
namespace {

using namespace std::string_literals;

constexpr std::string_view kMagic = "\x93NUMPY";

// Reads the dictionary literal of a header: {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }
class HeaderParser {
public:
    HeaderParser(std::string_view text, const std::string& where) : text_(text), where_(where) {}

    void parse() {
        expect("{");
        while (!accept("}")) {
            const std::string_view key = string("a key");
            expect(":");
            if (key == "descr" && !descr_)
                descr_ = dtype();
            else if (key == "fortran_order" && !fortran_)
                fortran_ = boolean();
            else if (key == "shape" && !shape_)
                shape_ = tuple();
            else
                fail("header: unexpected or repeated key " + in_quotes(key));
            if (!accept(",")) {
                expect("}");
                break;
            }
        }
        skip_spaces();
        if (at_ != text_.size()) fail("header: text after the dictionary");
        if (!descr_ || !fortran_ || !shape_)
            fail("header: must have the keys descr, fortran_order and shape");
    }

    const Element& element() const {
        const std::string_view descr = *descr_;
        if (descr.find('O') != descr.npos) fail("object arrays are never unpickled; save numbers instead");
        if (descr.starts_with('>')) fail("big-endian dtype " + in_quotes(descr) + ", expected little-endian");
        const Element* element = descr.empty() ? nullptr : find_npy_element(descr.substr(1));
        if (element == nullptr || !(descr[0] == '<' || (descr[0] == '|' && element->size == 1)))
            fail("dtype " + in_quotes(descr) +
                 " is not supported; expected float32, int64, int32, uint8 or bool");
        return *element;
    }

    const Shape& shape() const {
        if (*fortran_) fail("Fortran order is not supported; save numpy.ascontiguousarray(array)");
        return *shape_;
    }

    [[noreturn]] void fail(const std::string& message) const {
        throw Error(ErrorCode::kContent, where_, message);
    }

private:
    void skip_spaces() {
        while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n')) ++at_;
    }

    bool accept(std::string_view token) {
        skip_spaces();
        if (!text_.substr(at_).starts_with(token)) return false;
        at_ += token.size();
        return true;
    }

    void expect(std::string_view token) {
        if (!accept(token))
            fail("header: expected '" + std::string(token) + "' at byte " + std::to_string(at_));
    }

    std::string_view string(const char* what) {
        skip_spaces();
        const char quote = at_ < text_.size() ? text_[at_] : '\0';
        const auto end = text_.find(quote, at_ + 1);
        if ((quote != '\'' && quote != '"') || end == text_.npos)
            fail("header: expected "s + what + " in quotes at byte " + std::to_string(at_));
        const std::string_view value = text_.substr(at_ + 1, end - at_ - 1);
        at_ = end + 1;
        return value;
    }

    std::string_view dtype() {
        if (accept("[")) fail("arrays of records (structured dtypes) are not supported");
        return string("a dtype");
    }

    bool boolean() {
        if (accept("True")) return true;
        expect("False");
        return false;
    }

    Shape tuple() {
        Shape shape;
        expect("(");
        while (!accept(")")) {
            if (shape.rank() == Shape::kMaxRank)
                fail("shape: more than " + std::to_string(Shape::kMaxRank) + " dimensions");
            shape.push_back(dimension());
            if (!accept(",")) {
                expect(")");
                break;
            }
        }
        return shape;
    }

    std::int64_t dimension() {
        skip_spaces();
        std::int64_t value = 0;
        const char* begin = text_.data() + at_;
        const auto [end, error] = std::from_chars(begin, text_.data() + text_.size(), value);
        if (error != std::errc{} || value < 0)
            fail("shape: expected a dimension in 0..2^63-1 at byte " + std::to_string(at_) +
                 " of the header");
        at_ += static_cast<std::size_t>(end - begin);
        return value;
    }

    std::string_view text_;
    std::size_t at_ = 0;
    const std::string& where_;
    std::optional<std::string_view> descr_;
    std::optional<bool> fortran_;
    std::optional<Shape> shape_;
};

// Where the header's text is in a file.
struct HeaderPlace {
    std::size_t begin, end;
};

HeaderPlace find_header(std::span<const std::byte> bytes, const std::string& where) {
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    const auto refuse = [&](ErrorCode code, const std::string& message) {
        throw Error(code, where, message);
    };
    if (!text.starts_with(kMagic))
        refuse(ErrorCode::kContent, "not a .npy file (its magic bytes are missing)");
    const auto byte = [&](std::size_t at) { return std::to_integer<std::size_t>(bytes[at]); };
    if (bytes.size() < 12) refuse(ErrorCode::kContent, "ends inside the .npy header");
    const auto version = byte(6);
    if (version < 1 || version > 3)
        refuse(ErrorCode::kContent, ".npy version " + std::to_string(version) + ", expected 1 to 3");
    const std::size_t begin = version == 1 ? 10 : 12;
    std::size_t length = 0;
    for (std::size_t at = begin; at > 8; --at) length = length << 8 | byte(at - 1);
    if (length > kMaxNpyHeader)
        refuse(ErrorCode::kResource, "header of " + std::to_string(length) + " bytes, the limit is " +
                                         std::to_string(kMaxNpyHeader));
    if (length > bytes.size() - begin) refuse(ErrorCode::kContent, "ends inside the .npy header");
    return {begin, begin + length};
}

struct Header {
    const Element* element;
    Shape shape;
    std::size_t end;  // where the data begin
};

// Of a file of `size` bytes.
Header parse_header(std::span<const std::byte> start, std::uint64_t size, const std::string& where) {
    const auto [begin, end] = find_header(start, where);
    HeaderParser parser({reinterpret_cast<const char*>(start.data()) + begin, end - begin}, where);
    parser.parse();
    const Element& element = parser.element();
    const Shape& shape = parser.shape();
    auto needed = static_cast<std::int64_t>(element.size);
    for (std::int64_t dim : shape)
        if (!checked_multiply(needed, dim, &needed)) parser.fail("shape " + shape.to_string() + " overflows");
    if (static_cast<std::uint64_t>(needed) != size - end)
        parser.fail("shape " + shape.to_string() + " needs " + std::to_string(needed) +
                    " bytes of data, found " + std::to_string(size - end));
    return {&element, shape, end};
}

}  // namespace

NpyArray parse_npy(std::span<const std::byte> bytes, const std::string& where) {
    const Header header = parse_header(bytes, bytes.size(), where);
    return {header.element, header.shape, bytes.subspan(header.end)};
}

TensorType npy_type(std::span<const std::byte> start, std::uint64_t size, const std::string& where) {
    const Header header = parse_header(start, size, where);
    return {tensor_dtype(*header.element, where), header.shape};
}

TensorType npy_type(const std::string& path, std::uint64_t max_bytes) {
    const auto mapping = FileMapping::open(path, max_bytes);
    return npy_type(mapping->bytes(), mapping->bytes().size(), path);
}

Tensor read_npy(std::span<const std::byte> bytes, const std::shared_ptr<const void>& owner,
                const std::string& where) {
    const NpyArray array = parse_npy(bytes, where);
    return to_tensor(*array.element, array.shape, array.data, owner, where);
}

Tensor read_npy(const std::string& path, std::uint64_t max_bytes) {
    const auto mapping = FileMapping::open(path, max_bytes);
    return read_npy(mapping->bytes(), mapping, path);
}

std::string npy_header(const Element& element, const Shape& shape) {
    std::string text = "{'descr': '"s + (element.size == 1 ? '|' : '<') + std::string(element.npy) +
                       "', 'fortran_order': False, 'shape': (";
    for (std::int64_t dim : shape) text += std::to_string(dim) + ", ";
    text += "), }";
    const std::size_t prefix = kMagic.size() + 4;
    text.append(63 - (prefix + text.size()) % 64, ' ');
    text += '\n';
    const auto low = static_cast<char>(text.size() & 255);
    const auto high = static_cast<char>(text.size() >> 8);
    return std::string(kMagic) + '\1' + '\0' + low + high + text;
}

void write_npy(const std::string& path, const Tensor& tensor) {
    AtomicFile file(path);
    file.write(npy_header(element_of(tensor.dtype()), tensor.shape()));
    file.write({static_cast<const std::byte*>(tensor.bytes()), tensor.byte_size()});
    file.commit();
}

}  // namespace dyce
