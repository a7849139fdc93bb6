// The tensors of a model file as its networks read them: those that are encoded are decoded. A function.
#pragma once

#include "loaders/format/safetensors.h"
#include "loaders/format/tensor_encoding.h"

#include <cstdint>
#include <map>
#include <string>

namespace dyce {

/// The key of the table.
extern const char* const kTensorsKey;

struct DecodingLimits {
    std::uint64_t times_file = 64;  ///< what decoded tensors take, against the file
    std::uint64_t bytes = std::uint64_t{8} << 30;
};

struct DecodedTensors {
    std::map<std::string, Tensor>
        tensors;  ///< by name, a member's prefix included; views of the file where stored plainly
    std::map<std::string, TensorStorage> storage;  ///< how to store them so again
};

/// Stored tensors that hold others' values, places, scales, codes or books, and integers of 8 bits that others are
/// slices of, are parts: no tensors of the networks. Encoded tensors that name the same part take from it one after
/// another, in the order of their names; all of it must be taken.
/// Throws Error{kContent} naming the tensor, and Error{kResource} over a limit, before anything is decoded.
DecodedTensors decode_tensors(const Safetensors& file, const DecodingLimits& limits = {});

}  // namespace dyce
