// What a Transpose does. Stateless.
#pragma once

#include "graph/graph.h"

namespace dyce {

/// For each dimension of the result the dimension of the input, which has `rank`, that it comes from.
inline std::vector<std::int64_t> permutation_of(const Node& transpose, int rank) {
    std::vector<std::int64_t> reversed;
    for (int d = rank; d-- > 0;) reversed.push_back(d);
    return transpose.attributes.integers("perm", reversed);
}

}  // namespace dyce
