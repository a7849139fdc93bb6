// One ONNX node while it is translated: what a conversion reads and where it leaves its result. One thread.
#pragma once

#include "loaders/import/onnx/graph_writer.h"
#include "loaders/import/onnx/onnx_model.h"

#include <cstdint>
#include <string>
#include <vector>

namespace dyce {

class NodeContext {
public:
    /// `inputs` in the order of the node's, nullptr for those left out.
    /// `batch` is the number of images that the file is translated for, 0 when the first dimension of inputs
    /// does not count them.
    NodeContext(const OnnxNode& node, int opset, std::int64_t batch, std::vector<Operand*> inputs,
                GraphWriter& writer)
        : node_(node), opset_(opset), batch_(batch), inputs_(std::move(inputs)), writer_(writer) {}

    const std::string& op() const { return node_.op; }
    int opset() const { return opset_; }
    /// Whether the first dimension of the graph's inputs counts images.
    bool batched() const { return batch_ > 0; }
    std::int64_t batch() const { return batch_; }
    const Attributes& attributes() const { return node_.attributes; }
    /// nullptr when there is no such tensor attribute.
    const Tensor* tensor_attribute(const std::string& name) const;
    std::size_t output_count() const { return node_.outputs.size(); }

    std::size_t input_count() const { return inputs_.size(); }
    /// All inputs. Throws Error{kContent} when one before the last is left out.
    std::vector<Operand*> inputs() const;
    bool has_input(std::size_t i) const { return i < inputs_.size() && inputs_[i] != nullptr; }
    /// Throws Error{kContent} when input `i` is left out.
    Operand* input(std::size_t i) const;
    const Shape& shape(std::size_t i) const { return input(i)->type.shape; }
    /// The value of a constant input; a computed one is Unsupported.
    const Tensor& constant(std::size_t i) const;
    /// The elements of a constant int64 or int32 input of rank 0 or 1.
    std::vector<std::int64_t> integers(std::size_t i) const;
    /// The only one of them; `name` is the input's in the standard.
    std::int64_t integer(std::size_t i, const char* name) const;
    /// The only element of a constant float32 input.
    float scalar(std::size_t i) const;
    /// Whether every input is a constant.
    bool all_constant() const;

    /// The type that a node would give.
    TensorType infer(std::string_view op, const std::vector<Operand*>& inputs,
                     const Attributes& attributes) const;
    /// A node on the way to the result.
    Operand* add(std::string_view op, const std::vector<Operand*>& inputs, Attributes attributes = {});
    /// A constant that the file does not hold.
    Operand* make_constant(const std::string& name, Tensor value);
    Operand* number(float value) { return make_constant("number", Tensor::of({}, {value})); }
    /// Gives the outputs by a node: all of them...
    void finish(std::string_view op, const std::vector<Operand*>& inputs, Attributes attributes = {});
    /// ...or the first alone: another that is read later is Unsupported there.
    void finish_first(std::string_view op, const std::vector<Operand*>& inputs, Attributes attributes = {});
    /// A constant to fill and finish with. Throws Error{kResource} when those of the file get too large.
    Tensor new_constant(DataType dtype, const Shape& shape);
    /// Gives output 0 as a constant...
    void finish(Tensor value);
    /// ...or as an operand that exists.
    void finish(Operand* operand) { results_ = {operand}; }

    /// Gives output 0 as integers that stand for `numbers`: nothing but DequantizeLinear may read it.
    void finish_quantized(Operand* numbers) { results_ = {writer_.quantized(node_.outputs[0], numbers)}; }
    void set_quantization(Operand* operand, const Quantization& quantization) {
        writer_.set_quantization(operand, quantization);
    }

    /// Throws Error{kContent} at this node.
    [[noreturn]] void fail(const std::string& message) const;

    /// The outputs given, in the node's order; may be fewer than the node has.
    const std::vector<Operand*>& results() const { return results_; }

private:
    const OnnxNode& node_;
    int opset_;
    std::int64_t batch_;
    std::vector<Operand*> inputs_;
    GraphWriter& writer_;
    std::vector<Operand*> results_;
};

/// An axis, counted from the end when negative, as 0..rank-1. Fails at `node` outside -rank..rank-1.
std::int64_t normalized_axis(const NodeContext& node, std::int64_t axis, int rank);
/// Several of them, sorted. Fails at `node` also when one is named twice.
std::vector<std::int64_t> normalized_axes(const NodeContext& node, std::vector<std::int64_t> axes, int rank);

}  // namespace dyce
