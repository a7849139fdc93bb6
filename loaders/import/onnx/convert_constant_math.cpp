// Arithmetic that exporters leave on shapes and indices. Over constants alone: on values that the network
// computes, these operators are not implemented.
#include "loaders/import/onnx/conversions.h"
#include "ops/spec/element_type.h"

#include <algorithm>
#include <cmath>
#include <type_traits>

namespace dyce {
namespace {

// The inputs, all of the same shape.
std::vector<Tensor> broadcast(NodeContext& node) {
    std::vector<std::int64_t> shape;
    for (Operand* input : node.inputs()) {
        const Shape common = node.infer("Expand", {input}, {{"shape", shape}}).shape;
        shape.assign(common.begin(), common.end());
    }
    std::vector<Tensor> tensors;
    for (Operand* input : node.inputs()) {
        const Operand* expanded = node.add("Expand", {input}, {{"shape", shape}});
        if (!expanded->constant) node.fail("is too large to be computed at import");
        tensors.push_back(*expanded->constant);
    }
    return tensors;
}

void expect(const NodeContext& node, const Tensor& tensor, DataType dtype) {
    if (tensor.dtype() != dtype)
        node.fail(std::string("reads ") + name_of(tensor.dtype()) + ", expected " + name_of(dtype));
}

// out[i] = f(left[i], right[i]), of the inputs' type.
template <class F>
void combine(NodeContext& node, F f) {
    const auto in = broadcast(node);
    if (in.size() != 2) node.fail("has " + std::to_string(in.size()) + " inputs, expected 2");
    expect(node, in[1], in[0].dtype());
    Tensor out = node.new_constant(in[0].dtype(), in[0].shape());
    ops::with_element_type(in[0].dtype(), [&]<class T>(T) {
        const T *left = in[0].data<T>(), *right = in[1].data<T>();
        std::transform(left, left + in[0].elements(), right, out.mutable_data<T>(), f);
    });
    node.finish(std::move(out));
}

// The remainder has the divisor's sign, or the dividend's when fmod is set.
void convert_mod(NodeContext& node) {
    const bool like_dividend = node.attributes().integer("fmod", 0) != 0;
    combine(node, [&]<class T>(T a, T b) -> T {
        if constexpr (std::is_same_v<T, float>) {
            return std::fmod(a, b);
        } else {
            const std::int64_t dividend = a, divisor = b;
            if (divisor == 0) node.fail("divides by zero");
            const std::int64_t remainder = divisor == -1 ? 0 : dividend % divisor;
            const bool other_sign = remainder != 0 && (remainder < 0) != (divisor < 0);
            return static_cast<T>(other_sign && !like_dividend ? remainder + divisor : remainder);
        }
    });
}

template <class F>
void convert_rounding(NodeContext& node) {
    const Tensor& in = node.constant(0);
    expect(node, in, DataType::kFloat32);
    Tensor out = node.new_constant(in.dtype(), in.shape());
    std::transform(in.data<float>(), in.data<float>() + in.elements(), out.mutable_data<float>(), F());
    node.finish(std::move(out));
}

struct Floor {
    float operator()(float x) const { return std::floor(x); }
};
struct Ceil {
    float operator()(float x) const { return std::ceil(x); }
};
struct RoundToEven {
    float operator()(float x) const { return std::nearbyint(x); }
};

constexpr Conversion kConstantMathConversions[] = {
    {"Ceil", 6, 25, 1, "", convert_rounding<Ceil>, 0},
    {"Floor", 6, 25, 1, "", convert_rounding<Floor>, 0},
    {"Mod", 10, 25, 2, "fmod", convert_mod, 0},
    {"Round", 11, 25, 1, "", convert_rounding<RoundToEven>, 0},
};

}  // namespace

std::span<const Conversion> constant_math_conversions() { return kConstantMathConversions; }

}  // namespace dyce
