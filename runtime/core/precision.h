// What numbers a network computes with. Pure functions.
#pragma once

#include <string>

namespace dyce {

enum class Precision {
    kFloat32,
    kBfloat16,  ///< convolutions of the backbone take and give bfloat16 and add up in float32
    kInt8,      ///< they take and give integers of 8 bits and add up in integers of 32
};

/// "f32", "bf16", "int8".
const char* name_of(Precision precision);

/// Throws Error{kUsage} at `where` naming what there is.
Precision parse_precision(const std::string& text, const std::string& where);

}  // namespace dyce
