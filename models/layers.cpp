#include "models/layers.h"

namespace dyce {
namespace {

using Ints = std::vector<std::int64_t>;

Ints both(std::int64_t value) { return {value, value}; }
/// Padding of height and width, before and after.
Ints all_sides(std::int64_t value) { return {value, value, value, value}; }

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
    std::vector<ValueId> inputs = {
        x, parameter(name + ".weight", {c.channels, channels(x) / c.groups, c.kernel, c.kernel})};
    if (c.bias) inputs.push_back(parameter(name + ".bias", {c.channels}));
    return graph_->add("Conv", inputs,
                       {{"kernel_shape", both(c.kernel)},
                        {"strides", both(c.stride)},
                        {"pads", all_sides(c.padded ? c.kernel / 2 : 0)},
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
    const ValueId bias = parameter(name + ".bias", {features});
    if (shape(x).rank() == 2)
        return graph_->add("Gemm", {x, weight, bias}, {{"transB", std::int64_t{1}}}, full_name(name));
    return graph_->add("Add", {apply("MatMul", {x, transpose(weight, {1, 0})}), bias}, {}, full_name(name));
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

ValueId Layers::global_pool(ValueId x) const {
    return apply("Flatten", {apply("GlobalAveragePool", {x})}, {{"axis", std::int64_t{1}}});
}

ValueId Layers::transpose(ValueId x, Ints axes) const {
    return apply("Transpose", {x}, {{"perm", std::move(axes)}});
}

ValueId Layers::apply(std::string_view op, std::vector<ValueId> inputs, Attributes attributes) const {
    return graph_->add(op, std::move(inputs), std::move(attributes));
}

ValueId Layers::parameter(const std::string& name, const Shape& shape) const {
    return graph_->constant(full_name(name), (*parameters_)(full_name(name), shape));
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
