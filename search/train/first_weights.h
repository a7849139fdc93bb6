// How the weights of a head begin. Functions.
#pragma once

#include "search/train/random.h"

#include <cmath>
#include <span>
#include <string>

namespace dyce {

/// For the weights of a head, or of a group whose first site that is.
inline Random random_for_head(std::uint64_t seed, int site, const std::string& type) {
    constexpr std::uint64_t kInitialisation = 2;  // purpose of the random numbers
    std::uint64_t name = static_cast<std::uint64_t>(site);
    for (const char c : type) name = name * 131 + static_cast<unsigned char>(c);
    return {seed, kInitialisation, name};
}

/// Hidden layers after He et al. (arXiv 1502.01852), uniform.
inline void begin_hidden(std::span<float> weights, std::int64_t inputs, Random& random) {
    const double reach = std::sqrt(6.0 / static_cast<double>(inputs));
    for (float& weight : weights) weight = static_cast<float>(reach * (2 * random.uniform() - 1));
}

}  // namespace dyce
