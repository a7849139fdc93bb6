#include "graph/passes/reduced_axes.h"

#include <algorithm>
#include <numeric>

namespace dyce {

std::vector<int> reduced_axes(const Node& reduction, int rank) {
    if (reduction.attributes.integer("keepdims", 1) == 0) return {};
    std::vector<int> axes;
    for (const std::int64_t axis : reduction.attributes.integers("axes"))
        axes.push_back(static_cast<int>(axis < 0 ? axis + rank : axis));
    std::sort(axes.begin(), axes.end());
    return axes;
}

std::vector<int> axes_from(int first, int last) {
    std::vector<int> axes(static_cast<std::size_t>(std::max(0, last - first + 1)));
    std::iota(axes.begin(), axes.end(), first);
    return axes;
}

}  // namespace dyce
