#include "ops/lowering/window.h"

#include "ops/spec/checks.h"

#include <algorithm>

namespace dyce::ops {
namespace {

std::int64_t ceil_divide(std::int64_t a, std::int64_t b) { return a / b + (a % b > 0 ? 1 : 0); }

// How many of start, start + step, .. lie before `bound`.
std::int64_t steps_to(std::int64_t bound, std::int64_t start, std::int64_t step) {
    return start >= bound ? 0 : ceil_divide(bound - start, step);
}

void check_list(const OpCall& call, const std::string& name, std::span<const std::int64_t> values,
                std::size_t count, std::int64_t low) {
    if (values.size() != count)
        call.fail(name + " has " + std::to_string(values.size()) + " entries, expected " +
                  std::to_string(count));
    for (std::size_t i = 0; i < count; ++i)
        if (values[i] < low || values[i] > kMaxWindow)
            call.fail(name + "[" + std::to_string(i) + "] is " + std::to_string(values[i]) + ", expected " +
                      std::to_string(low) + " to " + std::to_string(kMaxWindow));
}

std::vector<std::int64_t> read_list(const OpCall& call, const char* name, std::size_t count,
                                    std::int64_t low) {
    auto values = call.attributes.integers(name, std::vector<std::int64_t>(count, low));
    check_list(call, name, values, count, low);
    return values;
}

// Padding so that the output is the input divided by the stride, rounded up.
void pad_same(WindowAxis& axis, bool upper) {
    axis.output = ceil_divide(axis.input, axis.stride);
    const std::int64_t total =
        std::max<std::int64_t>((axis.output - 1) * axis.stride + axis.extent() - axis.input, 0);
    axis.pad_begin = upper ? total / 2 : total - total / 2;
    axis.pad_end = total - axis.pad_begin;
}

void count_outputs(WindowAxis& axis, bool ceil_mode) {
    const std::int64_t room = axis.input + axis.pad_begin + axis.pad_end - axis.extent();
    if (room < 0) return void(axis.output = 0);
    axis.output = (ceil_mode ? ceil_divide(room, axis.stride) : room / axis.stride) + 1;
    // Rounding up may add one window, but none that starts behind the input and its padding in front.
    if (ceil_mode && (axis.output - 1) * axis.stride >= axis.input + axis.pad_begin) --axis.output;
}

}  // namespace

std::pair<std::int64_t, std::int64_t> WindowAxis::outputs_on_input(std::int64_t tap) const {
    const std::int64_t start = position(0, tap);
    return {steps_to(0, start, stride), std::min(steps_to(input, start, stride), output)};
}

std::int64_t WindowAxis::taps_within(std::int64_t out, std::int64_t low, std::int64_t high) const {
    const std::int64_t start = position(out, 0);
    const std::int64_t first = steps_to(low, start, dilation);
    return std::max<std::int64_t>(std::min(steps_to(high, start, dilation), kernel) - first, 0);
}

Window resolve_window(const OpCall& call, const Shape& input, std::span<const std::int64_t> kernel) {
    if (input.rank() < 3 || input.rank() > 5)
        call.fail("input is " + input.to_string() + ", expected rank 3 to 5 (N, C, 1 to 3 spatial axes)");
    const auto count = static_cast<std::size_t>(input.rank() - 2);
    check_list(call, "kernel_shape", kernel, count, 1);
    const auto strides = read_list(call, "strides", count, 1);
    const auto dilations = read_list(call, "dilations", count, 1);
    const auto pads = read_list(call, "pads", 2 * count, 0);
    const std::string auto_pad = call.attributes.text("auto_pad", "NOTSET");
    const bool same = auto_pad == "SAME_UPPER" || auto_pad == "SAME_LOWER";
    if (!same && auto_pad != "VALID" && auto_pad != "NOTSET")
        call.fail("auto_pad is \"" + auto_pad + "\", expected NOTSET, SAME_UPPER, SAME_LOWER or VALID");
    if (auto_pad != "NOTSET" && std::any_of(pads.begin(), pads.end(), [](auto pad) { return pad != 0; }))
        call.fail("has both pads " + list_text(pads) + " and auto_pad " + auto_pad +
                  ", expected one of them");

    Window window;
    for (std::size_t i = 0; i < count; ++i) {
        WindowAxis axis{.input = input[static_cast<int>(i) + 2],
                        .kernel = kernel[i],
                        .stride = strides[i],
                        .dilation = dilations[i],
                        .pad_begin = pads[i],
                        .pad_end = pads[i + count]};
        if (axis.input >= std::int64_t{1} << 31)
            call.fail("input is " + input.to_string() + ", expected spatial axes below 2^31");
        if (same)
            pad_same(axis, auto_pad == "SAME_UPPER");
        else
            count_outputs(axis, call.attributes.integer("ceil_mode", 0) != 0);
        if (axis.output <= 0)
            call.fail("a window of " + std::to_string(axis.extent()) + " leaves no output of spatial axis " +
                      std::to_string(i) + ": input " + std::to_string(axis.input) + ", pads " +
                      std::to_string(axis.pad_begin) + " and " + std::to_string(axis.pad_end));
        window.push_back(axis);
    }
    return window;
}

Shape output_shape(std::int64_t batch, std::int64_t channels, const Window& window) {
    Shape shape{batch, channels};
    for (const WindowAxis& axis : window) shape.push_back(axis.output);
    return shape;
}

onednn::Window onednn_window(const Window& window) {
    onednn::Window result;
    for (const WindowAxis& axis : window) {
        result.kernel.push_back(axis.kernel);
        result.strides.push_back(axis.stride);
        result.dilations.push_back(axis.dilation);
        result.pads_begin.push_back(axis.pad_begin);
        // Windows that ceil_mode adds need their padding declared.
        result.pads_end.push_back(std::max(axis.pad_end, axis.reach() - axis.input));
    }
    return result;
}

}  // namespace dyce::ops
