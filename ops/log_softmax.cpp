// The logarithm of Softmax, computed without its underflow. ONNX LogSoftmax-13.
#include "ops/softmax.h"

namespace dyce::ops::log_softmax {
namespace {

void reference(const OpCall& call, std::span<const TensorView> in, std::span<const MutableTensorView> out) {
    map_softmax(call, in[0], out[0], [](double x, double sum) { return x - std::log(sum); });
}

}  // namespace

extern const OpSpec spec{
    .name = "LogSoftmax", .attributes = kSoftmaxAttributes, .infer = infer_softmax, .reference = reference};

}  // namespace dyce::ops::log_softmax
