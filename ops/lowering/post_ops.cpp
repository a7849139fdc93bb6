#include "ops/lowering/post_ops.h"

#include <array>

namespace dyce::ops {
namespace {

// oneDNN broadcasts dimensions of size 1 but wants equal ranks.
Buffer operand_of(int operand, Lowering& lowering) {
    const Shape& shape = lowering.input_type(operand).shape;
    const std::size_t rank = dims_of(lowering.output_type(0).shape).size();
    if (dims_of(shape).size() == rank) return lowering.input(operand);
    return input_of_rank(operand, plain_desc(dims_of_rank(rank, shape)), lowering);
}

OpCall call_of(const PostOp& op, const std::string& where, std::span<const TensorType> inputs) {
    return {.where = where, .attributes = op.attributes, .inputs = inputs};
}

}  // namespace

dnnl::algorithm algorithm_of(EltwiseStage::Kind kind) {
    using Kind = EltwiseStage::Kind;
    using Algorithm = dnnl::algorithm;
    switch (kind) {
        case Kind::kRelu: return Algorithm::eltwise_relu;
        case Kind::kTanh: return Algorithm::eltwise_tanh;
        case Kind::kSqrt: return Algorithm::eltwise_sqrt;
        case Kind::kLinear: return Algorithm::eltwise_linear;
        case Kind::kLogistic: return Algorithm::eltwise_logistic;
        case Kind::kExp: return Algorithm::eltwise_exp;
        case Kind::kLog: return Algorithm::eltwise_log;
        case Kind::kGeluTanh: return Algorithm::eltwise_gelu_tanh;
        case Kind::kGeluErf: return Algorithm::eltwise_gelu_erf;
        case Kind::kSwish: return Algorithm::eltwise_swish;
        case Kind::kClip: return Algorithm::eltwise_clip;
        case Kind::kHardSwish: return Algorithm::eltwise_hardswish;
        case Kind::kAbs: return Algorithm::eltwise_abs;
        case Kind::kElu: return Algorithm::eltwise_elu;
        case Kind::kSoftRelu: return Algorithm::eltwise_soft_relu;
        case Kind::kMish: return Algorithm::eltwise_mish;
    }
    return Algorithm::undef;
}

dnnl::algorithm algorithm_of(BinaryKind kind) {
    switch (kind) {
        case BinaryKind::kAdd: return dnnl::algorithm::binary_add;
        case BinaryKind::kSub: return dnnl::algorithm::binary_sub;
        case BinaryKind::kMul: return dnnl::algorithm::binary_mul;
        case BinaryKind::kDiv: return dnnl::algorithm::binary_div;
        case BinaryKind::kNone: break;
    }
    return dnnl::algorithm::undef;
}

Fusion fuse(const OpCall& call, Lowering& lowering, std::span<const EltwiseStage> stages, const Sum& sum,
            const FindOperand& find_operand) {
    Fusion fusion{onednn::user_scratchpad(), {}};
    dnnl::post_ops ops;
    int position = 0;
    const auto append = [&](std::span<const EltwiseStage> more) {
        for (const EltwiseStage& stage : more) {
            onednn::append_eltwise(ops, algorithm_of(stage.kind), stage.alpha, stage.beta);
            ++position;
        }
    };
    append(stages);
    for (std::size_t i = 0; i < call.post_ops.size(); ++i) {
        const PostOp& op = call.post_ops[i];
        if (op.spec->binary == BinaryKind::kNone) {
            append(op.spec->eltwise(call_of(op, call.where, call.inputs.first(1))));
        } else if (static_cast<int>(i) == sum.post_op) {
            ops.append_sum(sum.scale, 0, sum.type);
            ++position;
        } else {
            const Buffer operand = find_operand ? find_operand(op.operand) : operand_of(op.operand, lowering);
            ops.append_binary(algorithm_of(op.spec->binary), operand.desc);
            fusion.arguments.push_back({DNNL_ARG_ATTR_MULTIPLE_POST_OP(position) | DNNL_ARG_SRC_1, operand});
            ++position;
        }
    }
    fusion.attributes.set_post_ops(ops);
    return fusion;
}

Dims dims_of_rank(std::size_t rank, const Shape& shape) {
    Dims dims = dims_of(shape);
    dims.insert(dims.begin(), rank - dims.size(), 1);
    return dims;
}

Buffer input_of_rank(int input, const MemoryDesc& desc, Lowering& lowering) {
    const Dims dims = dims_of(desc);
    if (dims_of(lowering.input_type(input).shape) == dims) return lowering.input_as(input, desc);
    return lowering.weights(input, plain_desc(dims), desc);
}

void apply_post_ops(const OpCall& call, std::span<const TensorView> inputs, const MutableTensorView& value) {
    const TensorView self{value.dtype, value.shape, value.bytes};
    for (const PostOp& op : call.post_ops) {
        const bool binary = op.spec->binary != BinaryKind::kNone;
        const std::array views{self, binary ? inputs[static_cast<std::size_t>(op.operand)] : self};
        const std::array types{TensorType{self.dtype, self.shape},
                               TensorType{views[1].dtype, views[1].shape}};
        const std::size_t count = binary ? 2 : 1;
        op.spec->reference(call_of(op, call.where, std::span(types).first(count)),
                           std::span(views).first(count), std::span(&value, 1));
    }
}

void lower_by_reference(const OpSpec& spec, const OpCall& call, Lowering& lowering) {
    // Everything the loop needs, owned by the step: the call refers to memory of the compilation.
    struct Work {
        const OpSpec* spec;
        std::string where;
        Attributes attributes;
        std::vector<TensorType> inputs;
        std::vector<PostOp> post_ops;
        std::vector<TensorView> in;
        std::vector<MutableTensorView> out;
    };
    Work work{&spec,
              call.where,
              call.attributes,
              {call.inputs.begin(), call.inputs.end()},
              {call.post_ops.begin(), call.post_ops.end()},
              {},
              {}};
    std::vector<Buffer> buffers;
    const auto add_input = [&](int i) {
        buffers.push_back(lowering.plain_input(i));
        work.in.push_back({lowering.input_type(i).dtype, lowering.input_type(i).shape, nullptr});
    };
    for (int i = 0; i < static_cast<int>(call.inputs.size()); ++i) add_input(i);
    for (const PostOp& op : call.post_ops)  // operands follow the inputs, in the order of the post-ops
        if (op.operand >= 0) add_input(op.operand);
    for (int i = 0; i < call.output_count; ++i) {
        buffers.push_back(lowering.plain_output(i));
        work.out.push_back({lowering.output_type(i).dtype, lowering.output_type(i).shape, nullptr});
    }
    lowering.run(
        [work](std::span<void* const> pointers) mutable {
            for (std::size_t i = 0; i < work.in.size(); ++i) work.in[i].bytes = pointers[i];
            for (std::size_t i = 0; i < work.out.size(); ++i)
                work.out[i].bytes = pointers[work.in.size() + i];
            const OpCall bound{.where = work.where,
                               .attributes = work.attributes,
                               .inputs = work.inputs,
                               .output_count = static_cast<int>(work.out.size()),
                               .post_ops = work.post_ops};
            work.spec->reference(bound, std::span(work.in).first(work.inputs.size()), work.out);
            apply_post_ops(bound, work.in, work.out[0]);
        },
        std::move(buffers));
}

}  // namespace dyce::ops
