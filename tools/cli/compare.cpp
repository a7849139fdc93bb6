#include "tools/cli/compare.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace dyce {
namespace {

Comparison compare_floats(const float* ours, const float* expected, std::int64_t count,
                          const Tolerance& tolerance) {
    Comparison result{.fits = true, .problem = ""};
    for (std::int64_t i = 0; i < count; ++i) {
        const double a = ours[i], b = expected[i];
        if (a == b || (std::isnan(a) && std::isnan(b))) continue;
        const double difference = std::abs(a - b);
        result.max_absolute = std::max(result.max_absolute, difference);
        if (b != 0) result.max_relative = std::max(result.max_relative, difference / std::abs(b));
        const bool close = difference <= tolerance.absolute + tolerance.relative * std::abs(b);
        if (std::isfinite(b) && close) continue;  // `close` is false for a NaN of ours
        if (result.fits)
            result.problem = "element " + std::to_string(i) + " is " + std::to_string(a) + ", expected " +
                             std::to_string(b);
        result.fits = false;
    }
    return result;
}

}  // namespace

Comparison compare(const Tensor& ours, const Tensor& expected, const Tolerance& tolerance) {
    if (ours.type() != expected.type())
        return {.problem = std::string(name_of(ours.dtype())) + " " + ours.shape().to_string() +
                           ", expected " + name_of(expected.dtype()) + " " + expected.shape().to_string()};
    if (ours.dtype() == DataType::kFloat32)
        return compare_floats(ours.data<float>(), expected.data<float>(), ours.elements(), tolerance);
    if (std::memcmp(ours.bytes(), expected.bytes(), ours.byte_size()) == 0)
        return {.fits = true, .problem = ""};
    return {.problem = "values differ"};
}

}  // namespace dyce
