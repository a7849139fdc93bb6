// Which dimensions a reduction covers. Stateless.
#pragma once

#include "graph/graph.h"

namespace dyce {

/// The dimensions, rising, that a reduction of a value of `rank` leaves as 1; none when it drops them.
std::vector<int> reduced_axes(const Node& reduction, int rank);
/// `first`, first + 1, .. last.
std::vector<int> axes_from(int first, int last);

}  // namespace dyce
