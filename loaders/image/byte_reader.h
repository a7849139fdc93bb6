// A cursor over the bytes of one image file: big-endian, every read checked. Borrows the bytes; one thread.
#pragma once

#include <dyce/error.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace dyce {

class ByteReader {
public:
    /// `name` appears in error messages and must outlive the reader.
    ByteReader(std::span<const std::uint8_t> bytes, const std::string& name)
        : bytes_(bytes), end_(bytes.size()), name_(&name) {}

    std::size_t position() const { return at_; }
    std::size_t left() const { return end_ - at_; }

    /// The next `count` bytes. Throws Error{kContent} when fewer are left.
    std::span<const std::uint8_t> take(std::size_t count) {
        if (count > left()) fail("cut short, " + std::to_string(count - left()) + " more bytes are expected");
        at_ += count;
        return bytes_.subspan(at_ - count, count);
    }
    std::uint8_t u8() { return take(1)[0]; }
    std::uint16_t u16() {
        const auto b = take(2);
        return static_cast<std::uint16_t>(b[0] << 8 | b[1]);
    }
    std::uint32_t u32() {
        const std::uint32_t high = u16();
        return high << 16 | u16();
    }
    /// A reader of the next `count` bytes only; this one continues behind them.
    ByteReader part(std::size_t count) {
        ByteReader inner = *this;
        take(count);
        inner.end_ = at_;
        return inner;
    }
    /// Everything that has not been read.
    std::span<const std::uint8_t> rest() const { return bytes_.subspan(at_, left()); }

    const std::string& name() const { return *name_; }
    [[noreturn]] void fail(const std::string& message) const {
        throw Error(ErrorCode::kContent, *name_, message + " (at byte " + std::to_string(at_) + ")");
    }

private:
    std::span<const std::uint8_t> bytes_;
    std::size_t at_ = 0;
    std::size_t end_;
    const std::string* name_;
};

}  // namespace dyce
