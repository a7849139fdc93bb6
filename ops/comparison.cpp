#include "ops/comparison.h"

namespace dyce::ops {
namespace {

std::vector<TensorType> infer_comparison(const OpCall& call, bool fits, const char* expected) {
    const TensorType &a = call.inputs[0], &b = call.inputs[1];
    if (a.dtype != b.dtype || !fits)
        call.fail(std::string("operands are ") + name_of(a.dtype) + " and " + name_of(b.dtype) +
                  ", expected " + expected);
    return {{DataType::kBool, broadcast_shape(call, a.shape, b.shape)}};
}

}  // namespace

std::vector<TensorType> infer_comparison_of_elements(const OpCall& call) {
    return infer_comparison(call, true, "one type");
}

std::vector<TensorType> infer_comparison_of_numbers(const OpCall& call) {
    return infer_comparison(call, call.inputs[0].dtype != DataType::kBool, "numbers of one type");
}

std::vector<TensorType> infer_comparison_of_bools(const OpCall& call) {
    return infer_comparison(call, call.inputs[0].dtype == DataType::kBool, "bools");
}

}  // namespace dyce::ops
