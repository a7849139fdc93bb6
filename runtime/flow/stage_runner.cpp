#include "runtime/flow/stage_runner.h"

#include "runtime/core/index.h"

#include <dyce/error.h>

#include <numeric>
#include <string>

namespace dyce {
namespace {

// `rows` rows of each value, one value after the other.
template <class Byte>
std::vector<ValueRows> plain_values(const StagePoint& point, std::size_t rows, std::span<Byte> bytes) {
    std::vector<ValueRows> values;
    auto* next = reinterpret_cast<float*>(const_cast<std::byte*>(bytes.data()));
    for (const CarriedValue& value : point.values) {
        values.push_back({&value, {next, rows * value.size()}});
        next += rows * value.size();
    }
    return values;
}

}  // namespace

int position_of(const std::vector<ExitSite>& positions, std::size_t member, const StagePoint& point) {
    for (std::size_t p = 0; p < positions.size(); ++p)
        if (index(positions[p].member) == member && positions[p].site == point.local_site)
            return static_cast<int>(p);
    throw Error(ErrorCode::kInternal, "exit loop",
                "a stage ends at local site " + std::to_string(point.local_site) + ", which is none");
}

std::size_t StageRunner::held_bytes(std::size_t point) const {
    const auto& values = points()[point].values;
    return std::accumulate(
        values.begin(), values.end(), std::size_t{0},
        [](std::size_t sum, const auto& value) { return sum + value.size() * sizeof(float); });
}

void StageRunner::export_held(std::size_t point, std::span<const int> places, std::span<std::byte> bytes) {
    export_rows(places, plain_values(points()[point], places.size(), bytes));
}

void StageRunner::import_held(std::size_t point, int rows, std::span<const std::byte> bytes) {
    import_rows(point, rows, plain_values(points()[point], index(rows), bytes));
}

}  // namespace dyce
