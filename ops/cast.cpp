// The same values in another type; convert_element() says how. ONNX Cast-25; `to` is a TensorProto.DataType.
#include "ops/spec/element_type.h"
#include "ops/spec/op.h"

namespace dyce::ops::cast {
namespace {

constexpr AttributeSpec kAttributes[] = {{"to", AttributeKind::kInt, true}};

DataType target_of(const OpCall& call) {
    switch (const std::int64_t to = call.attributes.integer("to", 0)) {
        case 1: return DataType::kFloat32;
        case 2: return DataType::kUint8;
        case 6: return DataType::kInt32;
        case 7: return DataType::kInt64;
        case 9: return DataType::kBool;
        default:
            call.fail("attribute \"to\" is " + std::to_string(to) +
                      ", expected 1 (float32), 2 (uint8), 6 (int32), 7 (int64) or 9 (bool)");
    }
}

std::vector<TensorType> infer(const OpCall& call) { return {{target_of(call), call.inputs[0].shape}}; }

void reference(const OpCall&, std::span<const TensorView> in, std::span<const MutableTensorView> out) {
    with_element_type(in[0].dtype, [&]<class From>(From) {
        with_element_type(out[0].dtype, [&]<class To>(To) {
            for (std::int64_t i = 0; i < in[0].shape.elements(); ++i)
                out[0].data<To>()[i] = convert_element<To>(in[0].data<From>()[i]);
        });
    });
}

}  // namespace

extern const OpSpec spec{.name = "Cast", .attributes = kAttributes, .infer = infer, .reference = reference};

}  // namespace dyce::ops::cast
