// How many singular values of a matrix stand out of noise: the rank by empirical variational Bayesian matrix
// factorisation (Nakajima, Sugiyama, Babacan and Tomioka, JMLR 14, 2013). A function.
#pragma once

#include <cstddef>
#include <vector>

namespace dyce {

/// `values`: all singular values, falling, of a matrix of that many rows and of `columns`, no fewer. The noise is found
/// as scipy's bounded minimisation finds it, whose tolerance is 1e-5 whatever the numbers' size: so it is published.
std::size_t variational_rank(const std::vector<double>& values, std::size_t columns);

}  // namespace dyce
