// One tensor as what is not zero and where. Functions.
#pragma once

#include <dyce/tensor.h>

#include <cstddef>
#include <optional>
#include <vector>

namespace dyce {

struct SparseForm {
    bool is_gaps = false;  ///< the shorter of run lengths and mask
    std::vector<std::byte> places;
    std::vector<float> values;        ///< what is not zero, where there is no scale
    std::vector<std::byte> integers;  ///< the same as multiples of the row's scale, signed
};

/// Nothing where `scale` - one number a row, or empty - does not give the tensor again, to the bit.
std::optional<SparseForm> sparse_form(const Tensor& tensor, const Tensor& scale);

}  // namespace dyce
