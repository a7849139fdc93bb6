// Before: y = op(main, operand) or op(main): arithmetic or an activation after a node that takes post-ops
// After:  that node makes y, with op as its last post-op
// Conditions: nothing else reads main; oneDNN knows the activation; the operand is as large as main, or one
//         number, or one per channel (dimension 1, for products of matrices the last): other broadcasts are
//         slow in oneDNN; main is the left operand of Sub and Div; the chain stays within kMaxStages. Of the
//         two producers of a residual sum the later one takes it, or the earlier one moves to its place.
#include "graph/passes/passes.h"
#include "graph/passes/rewriter.h"

namespace dyce {
namespace {

constexpr std::size_t kMaxStages = 8;  // of a node's post-ops; oneDNN takes 32 in all

// oneDNN operations that an element-wise operator turns into when applied to a value of `type`; 0 when it
// cannot be a post-op.
std::size_t stages_of(const OpSpec& spec, const Attributes& attributes, const TensorType& type,
                      const std::string& where) {
    if (spec.binary != BinaryKind::kNone) return 1;
    if (spec.eltwise == nullptr) return 0;
    return spec.eltwise({.where = where, .attributes = attributes, .inputs = std::span(&type, 1)}).size();
}

std::size_t stages_so_far(const Node& node, const TensorType& type) {
    std::size_t stages = 0;
    for (const PostOp& op : node.post_ops) stages += stages_of(*op.spec, op.attributes, type, node.name);
    return stages;
}

// Whether oneDNN applies an operand of this shape quickly to a result of the node.
bool broadcasts_well(const Shape& operand, const Shape& result, const Node& node) {
    if (operand == result) return true;
    const bool channels_last = node.spec->name == "MatMul" || node.spec->name == "Gemm";
    const int channels = channels_last ? result.rank() - 1 : 1;
    for (int d = 0; d < operand.rank(); ++d)
        if (operand[d] != 1 && d + result.rank() - operand.rank() != channels) return false;
    return true;
}

enum class Carrier { kProducer, kNode };

// Lets the producer of input `main` take the node over, where it stands or at the node's place.
bool fuse_into_producer(Rewriter& graph, Node& node, std::size_t main, Carrier place) {
    const ValueId value = node.inputs[main];
    const TensorType& type = graph.type(value);
    Node* producer = graph.producer(value);
    if (producer == nullptr || !producer->spec->takes_post_ops || producer->outputs.size() != 1 ||
        !graph.read_once(value) || type.dtype != DataType::kFloat32 || graph.type(node.outputs[0]) != type)
        return false;
    const std::size_t stages = stages_of(*node.spec, node.attributes, type, node.name);
    if (stages == 0 || stages_so_far(*producer, type) + stages > kMaxStages) return false;

    PostOp op{node.spec, node.attributes, -1};
    if (node.spec->binary != BinaryKind::kNone) {
        const ValueId operand = node.inputs[1 - main];
        const bool is_late = graph.position(operand) >= graph.position(value);
        if ((is_late && place == Carrier::kProducer) ||
            !broadcasts_well(graph.type(operand).shape, type.shape, *producer))
            return false;
        op.operand = static_cast<int>(producer->inputs.size());
        graph.add_input(*producer, operand);
    }
    producer->post_ops.push_back(std::move(op));
    if (place == Carrier::kProducer)
        graph.absorb(*producer, node);
    else
        graph.absorb_late(*producer, node);
    return true;
}

}  // namespace

bool fuse_post_ops(Graph& graph) {
    Rewriter rewriter(graph);
    return rewriter.sweep([&](Node& node) {
        if (!node.post_ops.empty()) return;
        const BinaryKind kind = node.spec->binary;
        const bool commutes = kind == BinaryKind::kAdd || kind == BinaryKind::kMul;
        for (const Carrier place : {Carrier::kProducer, Carrier::kNode})
            for (std::size_t main = 0; main < (commutes ? 2 : 1); ++main)
                if (fuse_into_producer(rewriter, node, main, place)) return;
    });
}

}  // namespace dyce
