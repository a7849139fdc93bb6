#include "search/train/backward/derivative.h"

#include <algorithm>

namespace dyce {
namespace {

constexpr Derivative kDerivatives[] = {
    {"Add", "", backward::add, true},
    {"AveragePool", "", backward::average_pool},
    {"BatchNormalization", "", backward::batch_normalization, true},
    {"Conv", "", backward::conv},
    {"Flatten", "", backward::view},
    {"Gemm", "", backward::gemm},
    {"GlobalAveragePool", "", backward::global_average_pool},
    {"MaxPool", "", backward::max_pool},
    {"Pad", "", backward::move},
    {"Relu", "", backward::relu},
    {"Reshape", "", backward::view},
    {"Slice", "", backward::move},
    {"Transpose", "", backward::move},
    {"AdaptiveAveragePool", "dyce", backward::adaptive_average_pool},
};

}  // namespace

const Derivative* find_derivative(const OpSpec& spec) {
    const auto found = std::find_if(
        std::begin(kDerivatives), std::end(kDerivatives),
        [&](const Derivative& one) { return one.name == spec.name && one.domain == spec.domain; });
    return found == std::end(kDerivatives) ? nullptr : found;
}

}  // namespace dyce
