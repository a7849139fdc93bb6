// Attention of operator set 23, written out: softmax(q k' scale + mask) v for each head. Keys and values of
// earlier calls are not supported.
#include "loaders/import/onnx/conversions.h"

#include <cmath>
#include <limits>

namespace dyce {
namespace {

using Ints = std::vector<std::int64_t>;

std::string refuse_cache(const OnnxNode& node) {
    if (node.outputs.size() > 1) return "outputs besides the first";
    for (std::size_t i = 4; i < node.inputs.size(); ++i)
        if (!node.inputs[i].empty()) return "keys and values of earlier calls";
    return "";
}

// N x T x (heads * d) as N x heads x T x d.
Operand* split_heads(NodeContext& node, std::size_t input, const char* heads_attribute) {
    Operand* x = node.input(input);
    const Shape& shape = x->type.shape;
    if (shape.rank() == 4) return x;
    const std::int64_t heads = node.attributes().integer(heads_attribute, 0);
    if (shape.rank() != 3 || heads < 1 || shape[2] % heads != 0)
        node.fail("input " + std::to_string(input) + " is " + shape.to_string() + " for " +
                  std::to_string(heads) + " heads");
    Operand* split = node.add("Reshape", {x}, {{"shape", Ints{0, 0, heads, shape[2] / heads}}});
    return node.add("Transpose", {split}, {{"perm", Ints{0, 2, 1, 3}}});
}

// Neighbouring heads of the queries share one of the keys or values.
Operand* share_heads(NodeContext& node, Operand* x, std::int64_t heads) {
    const Shape& shape = x->type.shape;
    if (shape[1] == heads) return x;
    if (shape[1] == 0 || heads % shape[1] != 0)
        node.fail(std::to_string(heads) + " heads of queries for " + std::to_string(shape[1]) + " of keys");
    Operand* column = node.add("Unsqueeze", {x}, {{"axes", Ints{2}}});
    Operand* all = node.add("Expand", {column}, {{"shape", Ints{1, 1, heads / shape[1], 1, 1}}});
    return node.add("Reshape", {all}, {{"shape", Ints{0, heads, shape[2], shape[3]}}});
}

// A mask of what takes part, as numbers to be added.
Operand* as_addend(NodeContext& node, Operand* mask) {
    if (mask->type.dtype != DataType::kBool) return mask;
    Operand* out = node.number(-std::numeric_limits<float>::infinity());
    return node.add("Where", {mask, node.number(0), out});
}

// Each query sees the keys up to its own place.
Operand* causal_mask(NodeContext& node, std::int64_t queries, std::int64_t keys) {
    Tensor mask = node.new_constant(DataType::kFloat32, {queries, keys});
    for (std::int64_t i = 0; i < mask.elements(); ++i)
        mask.mutable_data<float>()[i] = i % keys <= i / keys ? 0 : -std::numeric_limits<float>::infinity();
    return node.make_constant("causal", std::move(mask));
}

Operand* weights_of(NodeContext& node, Operand* q, Operand* k) {
    const Attributes& attributes = node.attributes();
    const auto depth = static_cast<float>(q->type.shape[3]);
    const float scale = attributes.real("scale", 1 / std::sqrt(depth));
    Operand* transposed = node.add("Transpose", {k}, {{"perm", Ints{0, 1, 3, 2}}});
    Operand* scores = node.add("MatMul", {node.add("Mul", {q, node.number(scale)}), transposed});
    if (const float cap = attributes.real("softcap", 0); cap != 0) {
        Operand* bounded = node.add("Tanh", {node.add("Div", {scores, node.number(cap)})});
        scores = node.add("Mul", {bounded, node.number(cap)});
    }
    if (attributes.integer("is_causal", 0) != 0)
        scores = node.add("Add", {scores, causal_mask(node, q->type.shape[2], k->type.shape[2])});
    if (node.has_input(3)) scores = node.add("Add", {scores, as_addend(node, node.input(3))});
    return node.add("Softmax", {scores}, {{"axis", std::int64_t{-1}}});
}

void convert_attention(NodeContext& node) {
    Operand* q = split_heads(node, 0, "q_num_heads");
    const std::int64_t heads = q->type.shape[1];
    Operand* k = share_heads(node, split_heads(node, 1, "kv_num_heads"), heads);
    Operand* v = share_heads(node, split_heads(node, 2, "kv_num_heads"), heads);
    Operand* weights = weights_of(node, q, k);
    if (node.shape(0).rank() == 4) return node.finish("MatMul", {weights, v});
    Operand* heads_first = node.add("MatMul", {weights, v});
    Operand* joined = node.add("Transpose", {heads_first}, {{"perm", Ints{0, 2, 1, 3}}});
    node.finish("Reshape", {joined}, {{"shape", Ints{0, 0, heads * v->type.shape[3]}}});
}

constexpr Conversion kAttentionConversions[] = {
    {"Attention", 23, 25, 7,
     "is_causal kv_num_heads q_num_heads qk_matmul_output_mode scale softcap softmax_precision",
     convert_attention, -1, refuse_cache},
};

}  // namespace

std::span<const Conversion> attention_conversions() { return kAttentionConversions; }

}  // namespace dyce
