#include "models/layers.h"

#include <algorithm>

namespace dyce {
namespace {

using Ints = std::vector<std::int64_t>;

Ints both(std::int64_t value) { return {value, value}; }
/// Padding of height and width, before and after.
Ints all_sides(std::int64_t value) { return {value, value, value, value}; }

Ints padding_of(const Convolution& c, std::int64_t width) {
    if (c.padding != Convolution::kHalf) return all_sides(c.padding);
    return {c.kernel / 2, width / 2, c.kernel / 2, width / 2};
}

}  // namespace

Layers Layers::in(const std::string& name) const {
    Layers module = *this;
    module.module_ = full_name(name);
    return module;
}

ValueId Layers::result(ValueId x) const {
    graph_->rename(x, module_);
    return x;
}

ValueId Layers::conv(const std::string& name, ValueId x, const Convolution& c) const {
    const std::int64_t width = c.width == 0 ? c.kernel : c.width;
    std::vector<ValueId> inputs = {
        x, parameter(name + ".weight", {c.channels, channels(x) / c.groups, c.kernel, width})};
    if (c.bias) inputs.push_back(parameter(name + ".bias", {c.channels}));
    return graph_->add("Conv", inputs,
                       {{"kernel_shape", Ints{c.kernel, width}},
                        {"strides", both(c.stride)},
                        {"pads", padding_of(c, width)},
                        {"group", c.groups}},
                       full_name(name));
}

ValueId Layers::batch_norm(const std::string& name, ValueId x, float epsilon) const {
    const Shape shape = {channels(x)};
    return graph_->add("BatchNormalization",
                       {x, parameter(name + ".weight", shape), parameter(name + ".bias", shape),
                        parameter(name + ".running_mean", shape), parameter(name + ".running_var", shape)},
                       {{"epsilon", epsilon}}, full_name(name));
}

ValueId Layers::conv_bn(const std::string& conv_name, const std::string& norm_name, ValueId x,
                        const Convolution& convolution, float epsilon) const {
    return batch_norm(norm_name, conv(conv_name, x, convolution), epsilon);
}

ValueId Layers::layer_norm(const std::string& name, ValueId x, float epsilon) const {
    const Shape normalized = {shape(x)[-1]};
    return graph_->add("LayerNormalization",
                       {x, parameter(name + ".weight", normalized), parameter(name + ".bias", normalized)},
                       {{"axis", std::int64_t{-1}}, {"epsilon", epsilon}}, full_name(name));
}

ValueId Layers::linear(const std::string& name, ValueId x, std::int64_t features) const {
    const ValueId weight = parameter(name + ".weight", {features, shape(x)[-1]});
    return linear(x, weight, parameter(name + ".bias", {features}), full_name(name));
}

ValueId Layers::linear(ValueId x, ValueId weight, ValueId bias, const std::string& name) const {
    if (shape(x).rank() == 2)
        return graph_->add("Gemm", {x, weight, bias}, {{"transB", std::int64_t{1}}}, name);
    const ValueId product = apply("MatMul", {x, transpose(weight, {1, 0})});
    return bias < 0 ? product : graph_->add("Add", {product, bias}, {}, name);
}

ValueId Layers::activation(Activation kind, ValueId x) const {
    switch (kind) {
        case Activation::kNone: return x;
        case Activation::kRelu: return apply("Relu", {x});
        case Activation::kRelu6: return apply("Clip", {x}, {{"min", 0.F}, {"max", 6.F}});
        case Activation::kHardSwish: return apply("HardSwish", {x});
        case Activation::kHardSigmoid: return apply("HardSigmoid", {x}, {{"alpha", 1.F / 6}, {"beta", 0.5F}});
        case Activation::kSilu: return apply("Swish", {x});
        case Activation::kSigmoid: return apply("Sigmoid", {x});
        case Activation::kGelu: return apply("Gelu", {x});
    }
    return x;
}

ValueId Layers::max_pool(ValueId x, const Pooling& pooling) const {
    return apply("MaxPool", {x},
                 {{"kernel_shape", both(pooling.kernel)},
                  {"strides", both(pooling.stride)},
                  {"pads", all_sides(pooling.padding)},
                  {"ceil_mode", std::int64_t{pooling.ceil}}});
}

ValueId Layers::average_pool(ValueId x, const Pooling& pooling) const {
    return apply("AveragePool", {x},
                 {{"kernel_shape", both(pooling.kernel)},
                  {"strides", both(pooling.stride)},
                  {"pads", all_sides(pooling.padding)},
                  {"ceil_mode", std::int64_t{pooling.ceil}},
                  {"count_include_pad", std::int64_t{1}}});
}

ValueId Layers::global_pool(ValueId x) const { return flatten(apply("GlobalAveragePool", {x})); }

ValueId Layers::grid_pool(ValueId x, std::int64_t side) const {
    if (shape(x)[2] == side && shape(x)[3] == side) return x;
    return apply("AdaptiveAveragePool", {x}, {{"output_size", both(side)}});
}

ValueId Layers::concat(std::vector<ValueId> parts, std::int64_t axis) const {
    return apply("Concat", std::move(parts), {{"axis", axis}});
}

ValueId Layers::transpose(ValueId x, Ints axes) const {
    return apply("Transpose", {x}, {{"perm", std::move(axes)}});
}

ValueId Layers::reshape(ValueId x, Ints shape) const {
    return apply("Reshape", {x}, {{"shape", std::move(shape)}});
}

ValueId Layers::slice(ValueId x, std::int64_t axis, std::int64_t begin, std::int64_t end,
                      std::int64_t step) const {
    return apply("Slice", {x},
                 {{"starts", Ints{begin}}, {"ends", Ints{end}}, {"axes", Ints{axis}}, {"steps", Ints{step}}});
}

ValueId Layers::apply(std::string_view op, std::vector<ValueId> inputs, Attributes attributes) const {
    return graph_->add(op, std::move(inputs), std::move(attributes));
}

ValueId Layers::parameter(const std::string& name, const Shape& shape) const {
    return graph_->constant(full_name(name), (*parameters_)(full_name(name), shape));
}

ValueId Layers::numbers(const Shape& shape, const std::vector<std::int64_t>& values) const {
    Tensor tensor(DataType::kInt64, shape);
    std::copy(values.begin(), values.end(), tensor.mutable_data<std::int64_t>());
    return graph_->constant("numbers_" + std::to_string(graph_->graph().values.size()), std::move(tensor));
}

std::string Layers::full_name(const std::string& name) const {
    return module_.empty() ? name : module_ + "." + name;
}

ValueId squeeze_excite(const Layers& net, ValueId x, std::int64_t squeezed, Activation inner,
                       Activation gate) {
    ValueId y = net.apply("GlobalAveragePool", {x});
    y = net.activation(inner, net.conv("fc1", y, {.channels = squeezed, .bias = true}));
    y = net.activation(gate, net.conv("fc2", y, {.channels = net.channels(x), .bias = true}));
    return net.apply("Mul", {x, y});
}

}  // namespace dyce
