#include "runtime/core/precision.h"

#include <dyce/error.h>

namespace dyce {

const char* name_of(Precision precision) {
    switch (precision) {
        case Precision::kFloat32: break;
        case Precision::kBfloat16: return "bf16";
        case Precision::kInt8: return "int8";
    }
    return "f32";
}

Precision parse_precision(const std::string& text, const std::string& where) {
    for (const Precision precision : {Precision::kFloat32, Precision::kBfloat16, Precision::kInt8})
        if (text == name_of(precision)) return precision;
    throw Error(ErrorCode::kUsage, where, "\"" + text + "\" given, expected f32, bf16 or int8");
}

}  // namespace dyce
