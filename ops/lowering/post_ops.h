// Post-ops: element-wise work appended to a primitive. Also the fallback that runs any operator as plain
// loops. Stateless.
#pragma once

#include "ops/lowering/lowering.h"

namespace dyce::ops {

/// Attributes for a primitive that carries post-ops, and the operands it then needs as arguments.
struct Fusion {
    dnnl::primitive_attr attributes;
    std::vector<Argument> arguments;
};

dnnl::algorithm algorithm_of(EltwiseStage::Kind kind);
dnnl::algorithm algorithm_of(BinaryKind kind);

/// Where a primitive finds the operand of a post-op, by its index among the node's inputs.
using FindOperand = std::function<Buffer(int operand)>;

/// A post-op, an Add, that becomes oneDNN's sum: the primitive's destination must then already hold the
/// operand.
struct Sum {
    int post_op = -1;                 ///< -1: none
    DescType type = DescType::undef;  ///< of the operand in the destination; undef: the destination's own
    float scale = 1;                  ///< of the operand
};

/// User scratchpad, then `stages`, then the call's post-ops in order. Without `find_operand` operands come in
/// the layout of their producers, with ones for leading axes they lack.
Fusion fuse(const OpCall& call, Lowering& lowering, std::span<const EltwiseStage> stages = {},
            const Sum& sum = {}, const FindOperand& find_operand = {});

/// The dimensions of a shape, with ones for the leading axes it lacks.
Dims dims_of_rank(std::size_t rank, const Shape& shape);
/// The input in `desc`, whose dimensions are the input's but for leading ones.
Buffer input_of_rank(int input, const MemoryDesc& desc, Lowering& lowering);

/// Runs the operator's reference loops, then those of its post-ops, on row-major data.
void lower_by_reference(const OpSpec& spec, const OpCall& call, Lowering& lowering);

/// Applies the call's post-ops in place to `value`, by their reference loops. `inputs` are all inputs of the
/// node, operands included.
void apply_post_ops(const OpCall& call, std::span<const TensorView> inputs, const MutableTensorView& value);

}  // namespace dyce::ops
