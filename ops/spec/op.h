// What an operator is: four plain functions and the attributes it accepts. Every OpSpec is an immutable
// constant; they are listed in ops/CMakeLists.txt and found with find_op().
//
// Names and attributes are ONNX's newest; parameters that ONNX passes as constant inputs (Reshape's shape,
// Slice's starts, Clip's min, ...) are attributes of the same name here, so that shapes follow from types and
// attributes alone. Operators that ONNX lacks live in domain "dyce".
#pragma once

#include "ops/spec/attributes.h"
#include "runtime/core/tensor_view.h"

#include <dyce/tensor.h>

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace dyce {

class Lowering;
struct OpSpec;

/// An element-wise operator applied to the result of the node that carries it, in place.
struct PostOp {
    const OpSpec* spec = nullptr;
    Attributes attributes;
    int operand = -1;  ///< binary operators: index of the right-hand side among the node's inputs
};

/// What an operator's functions see of one node.
struct OpCall {
    const std::string& where;  ///< the node's name, for errors
    const Attributes& attributes;
    std::span<const TensorType> inputs;  ///< without the operands of post-ops
    int output_count = 1;
    std::span<const PostOp> post_ops = {};

    /// Throws Error{kContent} at this node.
    [[noreturn]] void fail(const std::string& message) const;
};

struct AttributeSpec {
    const char* name;
    AttributeKind kind;
    bool required = false;
};

/// Stages of element-wise arithmetic that oneDNN knows, applied left to right.
struct EltwiseStage {
    enum class Kind {
        kRelu,
        kTanh,
        kSqrt,
        kLinear,
        kLogistic,
        kExp,
        kLog,
        kGeluTanh,
        kGeluErf,
        kSwish,
        kClip,
        kHardSwish,
        kAbs,
        kElu,
        kSoftRelu,
        kMish
    };
    Kind kind;
    float alpha = 0;
    float beta = 0;
};

/// Arithmetic of a binary operator; kNone for all others.
enum class BinaryKind { kNone, kAdd, kSub, kMul, kDiv };

struct OpSpec {
    std::string_view name;
    std::string_view domain = "";
    int min_inputs = 1;
    int max_inputs = 1;   ///< -1: any number
    int max_outputs = 1;  ///< -1: any number
    std::span<const AttributeSpec> attributes = {};
    /// ONNX's operator of this name means the same from this operator set on, with these inputs and attributes.
    /// 0: its importer knows what differs.
    int onnx_since = 0;

    /// Types of the outputs. Throws Error{kContent} on inputs or attributes that do not fit.
    std::vector<TensorType> (*infer)(const OpCall&) = nullptr;
    /// Multiply-adds (docs/method.md, "Multiply-adds"); null = 0.
    std::int64_t (*macs)(const OpCall&) = nullptr;
    /// Plain loops over row-major data; the meaning of the operator. Post-ops are not its business.
    void (*reference)(const OpCall&, std::span<const TensorView> in,
                      std::span<const MutableTensorView> out) = nullptr;
    /// Appends oneDNN primitives (post-ops included); null = the reference loops serve.
    void (*lower)(const OpCall&, Lowering&) = nullptr;
    /// For unary element-wise operators: the same as oneDNN stages, empty when oneDNN cannot express it.
    std::vector<EltwiseStage> (*eltwise)(const OpCall&) = nullptr;
    /// For binary arithmetic.
    BinaryKind binary = BinaryKind::kNone;
    /// Whether `lower` takes post-ops.
    bool takes_post_ops = false;
};

/// All operators, sorted by (domain, name).
std::span<const OpSpec* const> all_ops();
/// nullptr when there is no such operator. Domain "" is ONNX's own.
const OpSpec* find_op(std::string_view name, std::string_view domain = "");

/// Checks arity and attributes against the spec, then infers. Throws Error{kContent} at `call.where`, also
/// for an input or output of more than 2^48 elements.
std::vector<TensorType> checked_infer(const OpSpec& spec, const OpCall& call);

}  // namespace dyce
