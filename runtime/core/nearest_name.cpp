#include "runtime/core/nearest_name.h"

#include <algorithm>
#include <numeric>
#include <vector>

namespace dyce {

int edit_distance(std::string_view a, std::string_view b) {
    // distances[j]: from the characters of `a` seen so far to the first j characters of `b`.
    std::vector<int> distances(b.size() + 1);
    std::iota(distances.begin(), distances.end(), 0);
    for (char c : a) {
        int diagonal = distances[0]++;
        for (std::size_t j = 0; j < b.size(); ++j) {
            const int replaced = diagonal + (c == b[j] ? 0 : 1);
            diagonal = distances[j + 1];
            distances[j + 1] = std::min({replaced, diagonal + 1, distances[j] + 1});
        }
    }
    return distances.back();
}

std::string_view nearest_name(std::string_view name, std::span<const std::string_view> candidates) {
    const auto nearest = std::min_element(candidates.begin(), candidates.end(),
                                          [name](std::string_view a, std::string_view b) {
                                              return edit_distance(name, a) < edit_distance(name, b);
                                          });
    const int most = std::max(1, static_cast<int>(name.size()) / 3);
    return nearest == candidates.end() || edit_distance(name, *nearest) > most ? std::string_view()
                                                                               : *nearest;
}

std::string nearest_hint(std::string_view name, std::span<const std::string_view> candidates,
                         std::string_view quote) {
    const std::string nearest(nearest_name(name, candidates)), mark(quote);
    return nearest.empty() ? "" : "; the nearest is " + mark + nearest + mark;
}

}  // namespace dyce
