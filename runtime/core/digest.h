// XXH3-128 over a sequence of length-prefixed fields. Detects mistakes, not forgery.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace dyce {

class Digest {
public:
    Digest();
    ~Digest();
    Digest(const Digest&) = delete;
    Digest& operator=(const Digest&) = delete;

    /// Adds one field: its length as 8 bytes little-endian, then its bytes.
    void add(std::span<const std::byte> field);
    void add(std::string_view field);
    /// 32 lower-case hexadecimal digits of everything added so far.
    std::string hex() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace dyce
