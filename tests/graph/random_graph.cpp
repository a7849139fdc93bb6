#include "tests/graph/random_graph.h"

#include "graph/passes/passes.h"
#include "tests/graph/net.h"

#include <algorithm>

namespace dyce::test {
namespace {

class Generator {
public:
    explicit Generator(unsigned seed) : net_(seed) {}

    Graph generate() {
        maps_.push_back(net_.input({1, 2 * pick(1, 3), pick(4, 7), pick(4, 7)}));
        for (int n = pick(4, 16); n > 0; --n) maps_.push_back(grow());
        std::vector<ValueId> outputs{classify(maps_.back())};
        for (int n = pick(0, 2); n > 0; --n) {
            const ValueId other = any_map();
            if (other != maps_[0] && std::count(outputs.begin(), outputs.end(), other) == 0)
                outputs.push_back(other);
        }
        Graph graph = std::move(net_).build(outputs);
        remove_dead_code(graph);
        return graph;
    }

private:
    int pick(int low, int high) { return net_.pick(low, high); }
    std::int64_t channels(ValueId x) const { return net_.shape(x)[1]; }
    ValueId op(const char* name, std::vector<ValueId> inputs, Attributes attributes = {}) {
        return net_.op(name, std::move(inputs), std::move(attributes));
    }
    ValueId mul(ValueId x, float c) { return op("Mul", either_order(x, net_.number(c))); }
    ValueId div(ValueId x, float c) { return op("Div", {x, net_.number(c)}); }
    ValueId plus(ValueId x, float c) { return op("Add", either_order(x, net_.number(c))); }
    std::vector<ValueId> either_order(ValueId a, ValueId b) {
        return pick(0, 1) ? std::vector{a, b} : std::vector{b, a};
    }
    /// Mostly the newest feature map, sometimes an older one, so that branches arise.
    ValueId any_map() {
        const int back = pick(0, 3) > 0 ? 0 : pick(0, static_cast<int>(maps_.size()) - 1);
        return maps_[maps_.size() - 1 - static_cast<std::size_t>(back)];
    }

    ValueId grow() {
        const ValueId x = any_map();
        switch (pick(0, 13)) {
            case 0:
            case 1: return convolve(x);
            case 2: return op("Relu", {residual(x)});
            case 3: return net_.batch_norm(convolve(x));
            case 4:
            case 12:
            case 13: return activate(x);
            case 5: return channel_arithmetic(pick(0, 1) ? convolve(x) : x);
            case 6: return arithmetic_of_two(x);
            case 7: return pass_on(x);
            case 8: return gate(x);
            case 9: return mix_channels_last(x);
            case 10: return op("Concat", {x, convolve(x)}, {{"axis", std::int64_t{1}}});
            default: return net_.shape(x)[2] > 3 ? pool(x) : net_.batch_norm(x);
        }
    }

    ValueId convolve(ValueId x) {
        const std::int64_t kernel = pick(0, 1) ? 3 : 1;
        const bool depthwise = pick(0, 3) == 0;
        const std::int64_t out = depthwise ? channels(x) : std::int64_t{2 * pick(1, 4)};
        return net_.conv(x, out, kernel, depthwise ? channels(x) : pick(1, 2), pick(0, 1) != 0);
    }

    ValueId residual(ValueId x) {
        ValueId y = net_.conv(x, channels(x), 3, 1, false);
        if (pick(0, 1)) y = net_.batch_norm(y);
        const ValueId shortcut = pick(0, 1) ? x : net_.conv(x, channels(x), 1);
        return op("Add", either_order(y, shortcut));
    }

    ValueId activate(ValueId x) {
        switch (pick(0, 7)) {
            case 0: return op("Relu", {x});
            case 1: return op("Clip", {pick(0, 1) ? op("Relu", {x}) : x}, {{"min", 0.f}, {"max", 6.f}});
            case 2: return op("HardSigmoid", {x});
            case 3: return op("Mul", either_order(x, op("Sigmoid", {x})));
            case 4: return op("Mul", either_order(x, six_clip(x)));
            case 5: return six_clip(x);
            case 6: return gelu(x);
            default: return op("Tanh", {x});
        }
    }

    ValueId six_clip(ValueId x) { return div(op("Clip", {plus(x, 3)}, {{"min", 0.f}, {"max", 6.f}}), 6); }

    ValueId gelu(ValueId x) {
        const ValueId twice = plus(op("Erf", {div(x, 1.41421356f)}), 1);
        return pick(0, 1) ? mul(op("Mul", either_order(x, twice)), 0.5f)
                          : op("Mul", either_order(mul(x, 0.5f), twice));
    }

    ValueId channel_arithmetic(ValueId x) {
        static constexpr const char* kOps[] = {"Add", "Sub", "Mul", "Div"};
        ValueId c = net_.weights({channels(x), 1, 1}, 0.5f, 2);
        if (pick(0, 1)) c = op("Sqrt", {op("Reshape", {c}, {{"shape", Ints{1, -1, 1, 1}}})});
        return op(kOps[pick(0, 3)], {x, c});
    }

    ValueId arithmetic_of_two(ValueId x) {
        static constexpr const char* kOps[] = {"Add", "Sub", "Mul"};
        for (const ValueId other : maps_)
            if (net_.shape(other) == net_.shape(x)) return op(kOps[pick(0, 2)], {op("Tanh", {x}), other});
        return x;
    }

    ValueId pass_on(ValueId x) {
        switch (pick(0, 5)) {
            case 0: return op("Identity", {x});
            case 1: return op("Dropout", {x});
            case 2: return op("Pad", {x}, {{"pads", Ints(8, 0)}});
            case 3: return op("Reshape", {x}, {{"shape", Ints{0, 0, 0, -1}}});
            case 4: return mul(x, 1);
            default: return to_channels_first(to_channels_last(x));
        }
    }

    ValueId gate(ValueId x) {  // squeeze and excitation
        ValueId y = op("Relu", {net_.conv(op("GlobalAveragePool", {x}), 2)});
        y = op("Sigmoid", {net_.conv(y, channels(x))});
        return op("Mul", either_order(x, y));
    }

    ValueId mix_channels_last(ValueId x) {  // ConvNeXt's block
        ValueId y = layer_norm(to_channels_last(x));
        y = gelu(linear(y, 2 * channels(x)));
        if (pick(0, 1)) y = response_norm(y);
        y = to_channels_first(linear(y, channels(x)));
        return op("Add", either_order(op("Mul", {net_.weights({channels(x), 1, 1}), y}), x));
    }

    ValueId layer_norm(ValueId x) {
        const Attributes last{{"axes", Ints{-1}}};
        const ValueId d = op("Sub", {x, op("ReduceMean", {x}, last)});
        const ValueId square = pick(0, 1) ? op("Mul", {d, d}) : op("Pow", {d, net_.number(2)});
        const ValueId deviation = op("Sqrt", {plus(op("ReduceMean", {square}, last), 1e-2f)});
        const Shape features{net_.shape(x)[-1]};
        const ValueId scaled = op("Mul", {op("Div", {d, deviation}), net_.weights(features)});
        return op("Add", {scaled, net_.weights(features)});
    }

    ValueId response_norm(ValueId x) {
        const ValueId square = pick(0, 1) ? op("Mul", {x, x}) : op("Pow", {x, net_.number(2)});
        const ValueId norm = op("Sqrt", {op("ReduceSum", {square}, {{"axes", Ints{1, 2}}})});
        const ValueId mean = plus(op("ReduceMean", {norm}, {{"axes", Ints{-1}}}), 1e-2f);
        const Shape features{net_.shape(x)[-1]};
        const ValueId response = op("Mul", either_order(x, op("Div", {norm, mean})));
        const ValueId scaled = op("Mul", either_order(net_.weights(features), response));
        return op("Add", either_order(x, op("Add", either_order(net_.weights(features), scaled))));
    }

    ValueId linear(ValueId x, std::int64_t features) {
        return op("Add", either_order(net_.weights({features}), net_.matmul(x, features)));
    }

    ValueId to_channels_last(ValueId x) { return op("Transpose", {x}, {{"perm", Ints{0, 2, 3, 1}}}); }
    ValueId to_channels_first(ValueId x) { return op("Transpose", {x}, {{"perm", Ints{0, 3, 1, 2}}}); }

    ValueId pool(ValueId x) {
        return op(pick(0, 1) ? "MaxPool" : "AveragePool", {x},
                  {{"kernel_shape", Ints{2, 2}}, {"strides", Ints(2, pick(1, 2))}});
    }

    ValueId classify(ValueId x) {
        const ValueId features = op("Flatten", {op("GlobalAveragePool", {x})});
        return pick(0, 1) ? net_.gemm(features, 5) : linear(features, 5);
    }

    Net net_;
    std::vector<ValueId> maps_;  // feature maps so far
};

}  // namespace

Graph random_graph(unsigned seed) { return Generator(seed).generate(); }

}  // namespace dyce::test
