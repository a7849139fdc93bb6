// Other dimensions for the same elements: 0 keeps the input's dimension (unless `allowzero`), one -1 takes
// what is left. ONNX Reshape-25; `shape` is an attribute here.
#include "ops/spec/checks.h"
#include "ops/view.h"

#include <algorithm>

namespace dyce::ops::reshape {
namespace {

constexpr AttributeSpec kAttributes[] = {{"allowzero", AttributeKind::kInt},
                                         {"shape", AttributeKind::kInts, true}};

std::vector<TensorType> infer(const OpCall& call) {
    const TensorType& input = call.inputs[0];
    const auto wanted = call.attributes.integers("shape");
    const bool allow_zero = call.attributes.integer("allowzero", 0) != 0;
    const auto refuse = [&](const std::string& why) {
        call.fail("cannot reshape " + input.shape.to_string() + " to " + list_text(wanted) + ": " + why);
    };
    const auto count = [&](std::int64_t value) { return std::count(wanted.begin(), wanted.end(), value); };
    if (wanted.size() > Shape::kMaxRank) refuse("over rank " + std::to_string(Shape::kMaxRank));
    if (count(-1) > 1) refuse("more than one -1");
    if (allow_zero && count(-1) > 0 && count(0) > 0) refuse("both 0 and -1 while allowzero is set");

    Shape shape;
    int open = -1;  // where the -1 stands; 1 until it is known
    for (int i = 0; i < static_cast<int>(wanted.size()); ++i) {
        std::int64_t dim = wanted[static_cast<std::size_t>(i)];
        if (dim < -1) refuse("negative dimension");
        if (dim == 0 && !allow_zero) {
            if (i >= input.shape.rank()) refuse("no dimension " + std::to_string(i) + " to keep");
            dim = input.shape[i];
        }
        if (dim == -1) open = i;
        shape.push_back(dim == -1 ? 1 : dim);
    }
    const std::int64_t elements = input.shape.elements(), known = shape.elements();
    if (open >= 0) {
        if (known == 0 || elements % known != 0) refuse("no whole number for -1");
        shape[open] = elements / known;
    } else if (known != elements) {
        refuse("element counts differ");
    }
    return {{input.dtype, shape}};
}

}  // namespace

extern const OpSpec spec{.name = "Reshape",
                         .attributes = kAttributes,
                         .infer = infer,
                         .reference = reference_view,
                         .lower = lower_view};

}  // namespace dyce::ops::reshape
