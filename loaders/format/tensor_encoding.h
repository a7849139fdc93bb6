// How a file holds a tensor otherwise than as its numbers in a row (docs/model-format.md, "Encoded tensors").
// Values.
#pragma once

#include <dyce/tensor.h>

#include <map>
#include <string>

namespace dyce {

/// One entry of `dyce.tensors`. Names are those of the file.
struct TensorEncoding {
    enum class Kind { kSame, kSlice, kMask, kGaps, kCodebook };
    Kind kind = Kind::kSame;
    std::string of;      ///< the tensor that it equals, or is the leading corner of
    Shape shape;         ///< of the decoded tensor; those of `of` or `values` for kSame and kCodebook
    std::string values;  ///< what is not zero, or codes
    std::string places;  ///< bits, run lengths, or the book of the codes
    std::string scale;   ///< one number a row; empty: none
};

/// By the name of the tensor that is decoded.
using TensorEncodings = std::map<std::string, TensorEncoding>;

/// What a model wants of the writer for one of its tensors. Where the tensor is not what this says, it is written as it
/// is: nothing is ever lost.
struct TensorStorage {
    enum class Kind {
        kSame,    ///< as the tensor `of`
        kSparse,  ///< what is not zero, and where: with `scale` as integers, one scale a row
        kNarrow,  ///< all numbers as bfloat16
    };
    Kind kind = Kind::kSparse;
    std::string of = {};
    Tensor scale = {};
};

/// By the name of the tensor, without a member's prefix.
using TensorStorages = std::map<std::string, TensorStorage>;

}  // namespace dyce
