// Records how a network is trained: as operators describe their forward pass it appends the steps, and then,
// the other way round, those of their backward pass. A gradient lies in memory as its value does, in the same
// type: only what is trained, and its gradients, are always float32. Values that
// the backward pass reads keep their memory until then; all else is planned tightly.
// Lives while one network is compiled, on one thread.
#pragma once

#include "graph/graph.h"
#include "ops/lowering/lowering.h"
#include "runtime/core/precision.h"
#include "runtime/exec/batch_plan.h"

#include <span>
#include <vector>

namespace dyce {

/// A constant of the graph that training changes. Its numbers, and the gradient's, lie outside the arena.
struct TrainedConstant {
    enum class Role {
        kWeight,     ///< of a product: may decay
        kShift,      ///< biases, and scale and shift of norms: may not
        kStatistic,  ///< of a norm: no gradient, the forward pass keeps it up to date
    };
    ValueId value;
    Role role;
    MemoryDesc plain;   ///< row-major as in the graph, perhaps under other dimensions
    MemoryDesc layout;  ///< what the primitives want
    int buffer;         ///< of the batch plan
    int gradient;       ///< laid out like the numbers; -1 for a statistic
};

class Tape {
public:
    Tape(const Graph& graph, std::int64_t batch, const dnnl::engine& engine, Precision precision);

    // What operators ask for, about the node at hand.
    const dnnl::engine& engine() const { return engine_; }
    /// The type that convolutions take and give; what follows them computes in the type it is given.
    DescType convolution_type() const {
        return precision_ == Precision::kBfloat16 ? DescType::bf16 : DescType::f32;
    }
    const OpSpec& spec() const { return *node().spec; }
    const TensorType& output_type(int i) const;
    /// The input in whatever layout and type its producer chose; row-major constants.
    Buffer input(int i);
    /// The input is a constant to be trained, kept in `layout`. `plain` has its bytes in row-major order.
    /// Throws Error{kContent} when it is computed, or another node trains it too.
    TrainedConstant trained(int i, TrainedConstant::Role role, const MemoryDesc& plain,
                            const MemoryDesc& layout);
    /// Fresh memory for an output.
    Buffer output(int i, const MemoryDesc& desc);
    /// The output is the bytes of `buffer`.
    void set_output(int i, const Buffer& buffer);
    Buffer temporary(const MemoryDesc& desc);
    /// The same numbers in layout and type `desc`: re-ordered where they lie in another.
    Buffer as(const Buffer& buffer, const MemoryDesc& desc);
    /// Re-orders the numbers into memory that is there.
    void copy(const Buffer& from, const Buffer& to);
    /// The same bytes under another descriptor.
    Buffer see_as(const Buffer& buffer, const MemoryDesc& desc);

    void run(const onednn::AnyDescriptor& descriptor, std::vector<Argument> arguments);
    void run(Loop loop, const std::vector<Buffer>& buffers);

    // Only on the way back.
    /// Whether anything trained stands behind the input.
    bool wants_gradient(int i) const;
    /// What adds up to the gradient of the output, at least one; others may read the same buffers.
    std::vector<Buffer> gradient_parts(int i) const;
    /// Their sum.
    Buffer gradient(int i);
    /// One part of the gradient of an input; in any layout.
    void give_gradient(int i, const Buffer& buffer);

    // What the compiler does.
    void begin_node(NodeId node) { node_ = node; }
    /// After the node's forward pass.
    void end_node();
    bool has_gradient(NodeId node) const;
    /// Row-major memory for the gradient of a graph's output, which the caller writes.
    Buffer output_gradient(ValueId value);
    /// A value in row-major layout, re-ordered at the end of the forward pass where necessary.
    Buffer plain_value(ValueId value);
    /// Memory that the caller fills with a graph's input, row-major.
    Buffer begin_input(const GraphInput& input, bool wants_gradient);
    /// The gradient of such an input, row-major.
    Buffer input_gradient(ValueId value);
    BatchPlan& batch_plan() { return batch_plan_; }
    std::vector<TrainedConstant> take_trained() { return std::move(trained_); }

private:
    static std::size_t index(int id) { return static_cast<std::size_t>(id); }
    const Node& node() const { return graph_.nodes[index(node_)]; }
    ValueId input_id(int i) const { return node().inputs[index(i)]; }
    ValueId output_id(int i) const { return node().outputs[index(i)]; }
    Buffer add_buffer(PlanBuffer buffer);
    Buffer sum_of(std::vector<Buffer>& parts);
    void append(Step step);

    const Graph& graph_;
    dnnl::engine engine_;
    Precision precision_;
    std::vector<TensorType> types_;
    std::vector<Buffer> values_;                  // per value
    std::vector<bool> learns_;                    // per value: something trained stands behind it
    std::vector<std::vector<Buffer>> gradients_;  // per value, parts
    std::vector<TrainedConstant> trained_;
    BatchPlan batch_plan_;
    NodeId node_ = -1;
};

}  // namespace dyce
