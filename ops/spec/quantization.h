// How 8-bit integers stand for the numbers of a value. A plain value.
#pragma once

namespace dyce {

struct Quantization {
    /// A scale is finite, and so are its inverse and its products with the scales of weights.
    static constexpr float kLeastScale = 1e-10f, kMostScale = 1e10f;

    float scale = 1;         ///< number = scale * integer
    bool is_signed = false;  ///< integers are -128 to 127, else 0 to 255

    friend bool operator==(const Quantization&, const Quantization&) = default;
};

}  // namespace dyce
