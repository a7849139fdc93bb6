#include "ops/spec/checks.h"

#include <algorithm>

namespace dyce::ops {

void expect_float32(const OpCall& call) {
    for (std::size_t i = 0; i < call.inputs.size(); ++i)
        if (call.inputs[i].dtype != DataType::kFloat32)
            call.fail("input " + std::to_string(i) + " is " + name_of(call.inputs[i].dtype) +
                      ", expected float32");
}

int resolve_axis(const OpCall& call, std::int64_t axis, int rank) {
    if (axis < -rank || axis >= rank)
        call.fail("axis " + std::to_string(axis) + " is outside a tensor of rank " + std::to_string(rank));
    return static_cast<int>(axis < 0 ? axis + rank : axis);
}

std::vector<int> resolve_axes(const OpCall& call, const std::vector<std::int64_t>& axes, int rank) {
    std::vector<int> resolved;
    for (const std::int64_t axis : axes) {
        const int index = resolve_axis(call, axis, rank);
        if (std::find(resolved.begin(), resolved.end(), index) != resolved.end())
            call.fail("axes " + list_text(axes) + " name axis " + std::to_string(index) + " twice");
        resolved.push_back(index);
    }
    return resolved;
}

std::string list_text(const std::vector<std::int64_t>& values) {
    std::string text;
    for (const std::int64_t value : values) text += (text.empty() ? "" : ", ") + std::to_string(value);
    return "[" + text + "]";
}

}  // namespace dyce::ops
