#include "models/attention.h"

#include <numeric>
#include <utility>

namespace dyce::models {
namespace {

using Ints = std::vector<std::int64_t>;

/// 0 .. rank - 1 with the axes a and b, counted from the end, exchanged.
Ints exchanged(int rank, int a, int b) {
    Ints axes(static_cast<std::size_t>(rank));
    std::iota(axes.begin(), axes.end(), 0);
    std::swap(axes[static_cast<std::size_t>(rank - a)], axes[static_cast<std::size_t>(rank - b)]);
    return axes;
}

/// Queries, keys and values have one weight each, sliced from the one of the file when the network is
/// simplified: then no activations are copied apart.
class Heads {
public:
    Heads(const Layers& net, ValueId x, const Attention& attention)
        : net_(net),
          x_(x),
          heads_(attention.heads),
          channels_(net.shape(x)[-1]),
          weight_(net.parameter(attention.queries_keys_values + "weight", {3 * channels_, channels_})),
          bias_(net.parameter(attention.queries_keys_values + "bias", {3 * channels_})) {}

    ValueId queries() const {
        const ValueId size = net_.to_float(net_.numbers({1}, {channels_ / heads_}));
        return by_head(net_.apply("Div", {third(0), net_.apply("Sqrt", {size})}));
    }
    /// Already transposed: N x .. x heads x C / heads x T.
    ValueId keys() const {
        const ValueId keys = by_head(third(1));
        return net_.transpose(keys, exchanged(net_.shape(keys).rank(), 1, 2));
    }
    ValueId values() const { return by_head(third(2)); }

    /// Back to N x .. x T x C.
    ValueId join(ValueId x) const {
        x = net_.transpose(x, exchanged(net_.shape(x).rank(), 2, 3));
        Ints shape(net_.shape(x_).begin(), net_.shape(x_).end());
        shape.front() = 0;
        return net_.reshape(x, shape);
    }

private:
    ValueId third(std::int64_t index) const {
        const std::int64_t begin = index * channels_, end = begin + channels_;
        return net_.linear(x_, net_.slice(weight_, 0, begin, end), net_.slice(bias_, 0, begin, end));
    }

    /// N x .. x T x C to N x .. x heads x T x C / heads.
    ValueId by_head(ValueId x) const {
        Ints shape(net_.shape(x).begin(), net_.shape(x).end() - 1);
        shape.front() = 0;
        shape.insert(shape.end(), {heads_, channels_ / heads_});
        return net_.transpose(net_.reshape(x, shape), exchanged(static_cast<int>(shape.size()), 2, 3));
    }

    const Layers& net_;
    ValueId x_;
    std::int64_t heads_, channels_;
    ValueId weight_, bias_;
};

}  // namespace

ValueId self_attention(const Layers& net, ValueId x, const Attention& attention) {
    const Heads heads(net, x, attention);
    ValueId scores = net.apply("MatMul", {heads.queries(), heads.keys()});
    if (attention.bias >= 0) scores = net.add(scores, attention.bias);
    const ValueId shares = net.apply("Softmax", {scores}, {{"axis", std::int64_t{-1}}});
    const ValueId mixed = heads.join(net.apply("MatMul", {shares, heads.values()}));
    return net.linear(attention.projection, mixed, net.shape(x)[-1]);
}

ValueId feed_forward(const Layers& net, const std::string& first, const std::string& second, ValueId x,
                     std::int64_t inside) {
    const ValueId y = net.activation(Activation::kGelu, net.linear(first, x, inside));
    return net.linear(second, y, net.shape(x)[-1]);
}

}  // namespace dyce::models
