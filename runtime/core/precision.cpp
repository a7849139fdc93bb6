#include "runtime/core/precision.h"

#include <dyce/error.h>

namespace dyce {

const char* name_of(Precision precision) { return precision == Precision::kBfloat16 ? "bf16" : "f32"; }

Precision parse_precision(const std::string& text, const std::string& where) {
    for (const Precision precision : {Precision::kFloat32, Precision::kBfloat16})
        if (text == name_of(precision)) return precision;
    throw Error(ErrorCode::kUsage, where, "\"" + text + "\" given, expected f32 or bf16");
}

}  // namespace dyce
