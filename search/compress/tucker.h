// Weights of a convolution as three factors: channels in, a small kernel, channels out (Tucker-2). Functions.
#pragma once

#include "search/compress/matrix.h"

#include <dyce/tensor.h>

#include <cstddef>

namespace dyce {

/// The weights with one axis first and all others behind it, in their order.
Matrix unfolded(const Tensor& weights, int axis);

/// Ranks by variational_rank() of both unfoldings; 0 where all is noise.
struct TuckerRanks {
    std::size_t outputs = 0, inputs = 0;
};
TuckerRanks tucker_ranks(const Tensor& weights);

struct TuckerFactors {
    Tensor inputs;   ///< inputs' rank x channels x 1 x 1
    Tensor core;     ///< outputs' rank x inputs' rank x kernel
    Tensor outputs;  ///< outputs x outputs' rank x 1 x 1
};

/// Factors whose product is as near to the weights as alternating least squares bring it (higher-order orthogonal
/// iteration: De Lathauwer, De Moor and Vandewalle, 2000), begun from singular vectors. `weights`: outputs x channels x
/// kernel; ranks from 1 to outputs and channels.
TuckerFactors tucker_factors(const Tensor& weights, const TuckerRanks& ranks);

}  // namespace dyce
