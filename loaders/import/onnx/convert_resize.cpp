// Resize, and Upsample that came before it.
#include "loaders/import/onnx/conversions.h"
#include "loaders/import/onnx/unsupported.h"

#include <algorithm>

namespace dyce {
namespace {

std::string refuse_resize(const OnnxNode& node) {
    const Attributes& attributes = node.attributes;
    const std::string mode = attributes.text("mode", "nearest");
    if (mode != "nearest" && mode != "linear" && mode != "cubic") return "mode " + mode;
    const std::string coordinates = attributes.text("coordinate_transformation_mode", "half_pixel");
    return coordinates == "tf_half_pixel_for_nn" ? "coordinate_transformation_mode " + coordinates : "";
}

std::vector<float> reals(const NodeContext& node, std::size_t i) {
    const Tensor& tensor = node.constant(i);
    if (tensor.dtype() != DataType::kFloat32 || tensor.shape().rank() != 1)
        node.fail("input " + std::to_string(i) + " is " + name_of(tensor.dtype()) + " of shape " +
                  tensor.shape().to_string() + ", expected a list of float32");
    return {tensor.data<float>(), tensor.data<float>() + tensor.elements()};
}

// One factor or size for each of some axes.
template <class T>
struct Targets {
    std::vector<std::int64_t> axes;
    std::vector<T> values;
    std::vector<float> roi;  ///< begins, then ends; empty where nothing is cropped
};

bool is_cropping(const NodeContext& node) {
    return node.attributes().text("coordinate_transformation_mode", "") == "tf_crop_and_resize";
}

// Without the axes that keep their size, of which the batch is one.
template <class T, class Keeps>
Targets<T> changing(const NodeContext& node, const std::vector<T>& values, Keeps keeps) {
    const int rank = node.shape(0).rank();
    std::vector<std::int64_t> axes = node.attributes().integers("axes");
    if (!node.attributes().has("axes"))
        for (int axis = 0; axis < rank; ++axis) axes.push_back(axis);
    if (values.size() != axes.size())
        node.fail(std::to_string(values.size()) + " scales or sizes for " + std::to_string(axes.size()) +
                  " axes");
    const auto roi = is_cropping(node) ? reals(node, 1) : std::vector<float>();
    if (is_cropping(node) && roi.size() != 2 * axes.size())
        node.fail("roi has " + std::to_string(roi.size()) + " numbers for " + std::to_string(axes.size()) +
                  " axes");
    Targets<T> targets;
    std::vector<float> ends;
    for (std::size_t i = 0; i < axes.size(); ++i) {
        const std::int64_t axis = normalized_axis(node, axes[i], rank);
        const bool is_whole = roi.empty() || (roi[i] == 0 && roi[i + axes.size()] == 1);
        if (is_whole && keeps(values[i], node.shape(0)[static_cast<int>(axis)])) continue;
        targets.axes.push_back(axis);
        targets.values.push_back(values[i]);
        if (roi.empty()) continue;
        targets.roi.push_back(roi[i]);
        ends.push_back(roi[i + axes.size()]);
    }
    targets.roi.insert(targets.roi.end(), ends.begin(), ends.end());
    return targets;
}

template <class T>
void finish_resize(NodeContext& node, const char* key, const Targets<T>& targets, Attributes attributes) {
    if (targets.axes.empty()) return node.finish("Identity", {node.input(0)});
    attributes.set("axes", targets.axes);
    attributes.set(key, targets.values);
    if (!targets.roi.empty()) attributes.set("roi", targets.roi);
    node.finish("Resize", {node.input(0)}, attributes);
}

void resize_by_scales(NodeContext& node, const std::vector<float>& scales, const Attributes& attributes) {
    const auto keeps = [](float scale, std::int64_t) { return scale == 1; };
    finish_resize(node, "scales", changing(node, scales, keeps), attributes);
}

void resize_to_sizes(NodeContext& node, const std::vector<std::int64_t>& sizes,
                     const Attributes& attributes) {
    // With a policy every axis has a say in the one scale.
    const bool stretch = attributes.text("keep_aspect_ratio_policy", "stretch") == "stretch";
    const auto keeps = [&](std::int64_t size, std::int64_t dim) { return stretch && size == dim; };
    finish_resize(node, "sizes", changing(node, sizes, keeps), attributes);
}

void convert_resize(NodeContext& node) {
    Attributes attributes = node.attributes();
    // Exporters write what other modes would read.
    const bool is_cubic = attributes.text("mode", "nearest") == "cubic";
    const bool is_smooth =
        attributes.text("mode", "nearest") != "nearest" && attributes.integer("antialias", 0) != 0;
    if (!is_cubic) attributes.erase("cubic_coeff_a");
    if (!is_smooth) attributes.erase("antialias");
    if (!is_cubic && !is_smooth) attributes.erase("exclude_outside");
    if (!is_cropping(node)) attributes.erase("extrapolation_value");
    const bool has_scales = node.has_input(2) && node.shape(2) != Shape{0};
    const bool has_sizes = node.has_input(3) && node.shape(3) != Shape{0};
    if (has_scales == has_sizes) node.fail("expected either scales or sizes");
    if (has_scales)
        resize_by_scales(node, reals(node, 2), attributes);
    else
        resize_to_sizes(node, node.integers(3), attributes);
}

// Before operator set 11 output x is input x / scale; the nearest mode takes the element below where it
// enlarges and the one above where it shrinks (ONNX's own test of Resize-10).
void convert_asymmetric(NodeContext& node) {
    const auto scales = node.has_input(1) ? reals(node, 1) : node.attributes().reals("scales");
    const bool shrinks = std::any_of(scales.begin(), scales.end(), [](float scale) { return scale < 1; });
    const bool enlarges = std::any_of(scales.begin(), scales.end(), [](float scale) { return scale > 1; });
    const std::string mode = node.attributes().text("mode", "nearest");
    if (shrinks && enlarges && mode == "nearest") throw Unsupported{"both shrinking and enlarging"};
    resize_by_scales(node, scales,
                     {{"coordinate_transformation_mode", "asymmetric"},
                      {"mode", mode},
                      {"nearest_mode", shrinks ? "ceil" : "floor"}});
}

constexpr Conversion kResizeConversions[] = {
    {"Resize", 10, 10, 2, "mode", convert_asymmetric, 1, refuse_resize},
    {"Resize", 11, 17, 4,
     "coordinate_transformation_mode cubic_coeff_a exclude_outside extrapolation_value mode nearest_mode",
     convert_resize, 1, refuse_resize},
    {"Resize", 18, 25, 4,
     "antialias axes coordinate_transformation_mode cubic_coeff_a exclude_outside extrapolation_value "
     "keep_aspect_ratio_policy mode nearest_mode",
     convert_resize, 1, refuse_resize},
    {"Upsample", 7, 8, 1, "mode scales", convert_asymmetric, -1, refuse_resize},
    {"Upsample", 9, 9, 2, "mode", convert_asymmetric, 1, refuse_resize},
};

}  // namespace

std::span<const Conversion> resize_conversions() { return kResizeConversions; }

}  // namespace dyce
