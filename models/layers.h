// The layers that the built-in backbones are written in, named as PyTorch names their parameters.
// A cheap handle of the graph under construction and of one module in it; one thread.
#pragma once

#include "graph/builder.h"
#include "models/backbones.h"

#include <string>

namespace dyce {

struct Convolution {
    static constexpr std::int64_t kHalf = -1;  ///< half the kernel: the size stays, but for the stride

    std::int64_t channels;  ///< of the result
    std::int64_t kernel = 1;
    std::int64_t stride = 1;
    std::int64_t groups = 1;
    bool bias = false;
    std::int64_t padding = kHalf;  ///< on each side
    std::int64_t width = 0;        ///< of a kernel that is not square, `kernel` being its height
};

struct Pooling {
    std::int64_t kernel;
    std::int64_t stride;
    std::int64_t padding = 0;  ///< on each side
    bool ceil = false;         ///< a last window that hangs over the edge counts
};

enum class Activation { kNone, kRelu, kRelu6, kHardSwish, kHardSigmoid, kSilu, kSigmoid, kGelu };

class Layers {
public:
    /// Both must outlive the handle.
    Layers(GraphBuilder& graph, const ParameterSource& parameters)
        : graph_(&graph), parameters_(&parameters) {}

    /// The module `name`, or number `index`, inside this one. Names below are relative to it.
    Layers in(const std::string& name) const;
    Layers in(int index) const { return in(std::to_string(index)); }
    /// Calls `x` by the name of this module: the value is what the module computes.
    ValueId result(ValueId x) const;

    /// N x C x H x W; parameters name.weight (and name.bias).
    ValueId conv(const std::string& name, ValueId x, const Convolution& convolution) const;
    ValueId batch_norm(const std::string& name, ValueId x, float epsilon = 1e-5F) const;
    /// conv() without bias, then batch_norm().
    ValueId conv_bn(const std::string& conv_name, const std::string& norm_name, ValueId x,
                    const Convolution& convolution, float epsilon = 1e-5F) const;
    /// Over the last axis.
    ValueId layer_norm(const std::string& name, ValueId x, float epsilon) const;
    /// Maps the last axis, of any rank; weight is features x inputs.
    ValueId linear(const std::string& name, ValueId x, std::int64_t features) const;
    /// The same with a weight and a bias that are values already; without one (-1) for any rank but 2.
    ValueId linear(ValueId x, ValueId weight, ValueId bias, const std::string& name = "") const;

    ValueId activation(Activation kind, ValueId x) const;
    ValueId relu(ValueId x) const { return activation(Activation::kRelu, x); }
    ValueId add(ValueId a, ValueId b) const { return apply("Add", {a, b}); }
    ValueId max_pool(ValueId x, const Pooling& pooling) const;
    /// Padding counts as zeros.
    ValueId average_pool(ValueId x, const Pooling& pooling) const;
    /// N x C x H x W to N x C.
    ValueId global_pool(ValueId x) const;
    /// N x C x side x side: averages of cells that cover each plane, which has no fewer rows and columns.
    ValueId grid_pool(ValueId x, std::int64_t side) const;
    /// To N x what is left.
    ValueId flatten(ValueId x) const { return apply("Flatten", {x}, {{"axis", std::int64_t{1}}}); }
    ValueId concat(std::vector<ValueId> parts, std::int64_t axis = 1) const;
    ValueId transpose(ValueId x, std::vector<std::int64_t> axes) const;
    /// 0 keeps a dimension, as it must the first one, which counts images; one -1 is what is left.
    ValueId reshape(ValueId x, std::vector<std::int64_t> shape) const;
    /// From `begin` to before `end` along `axis`, every `step`-th.
    ValueId slice(ValueId x, std::int64_t axis, std::int64_t begin, std::int64_t end,
                  std::int64_t step = 1) const;
    /// Any other operator; attributes as in ops/.
    ValueId apply(std::string_view op, std::vector<ValueId> inputs, Attributes attributes = {}) const;

    /// A trained parameter of this module.
    ValueId parameter(const std::string& name, const Shape& shape) const;
    /// Whole numbers that are not trained: as integers, so that nobody counts them among the parameters.
    ValueId numbers(const Shape& shape, const std::vector<std::int64_t>& values) const;
    ValueId to_float(ValueId x) const { return apply("Cast", {x}, {{"to", std::int64_t{1}}}); }
    const Shape& shape(ValueId x) const { return graph_->type(x).shape; }
    /// Size of axis 1.
    std::int64_t channels(ValueId x) const { return shape(x)[1]; }

private:
    std::string full_name(const std::string& name) const;

    GraphBuilder* graph_;
    const ParameterSource* parameters_;
    std::string module_;
};

/// Squeeze-and-excitation (Hu et al., 2018): scales each channel of `x` by a gate computed from the
/// channels' averages. Parameters fc1 and fc2, 1 x 1 convolutions.
ValueId squeeze_excite(const Layers& net, ValueId x, std::int64_t squeezed, Activation inner,
                       Activation gate);

}  // namespace dyce
