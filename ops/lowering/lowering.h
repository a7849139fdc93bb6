// What an operator's `lower` talks to while a batch plan is compiled: it asks for its inputs, chooses layouts,
// and appends steps. Implemented by runtime/exec; lives for one node on one thread.
#pragma once

#include "ops/spec/op.h"
#include "ops/spec/quantization.h"
#include "runtime/core/onednn/compat.h"

#include <functional>
#include <optional>
#include <span>
#include <vector>

namespace dyce {

/// The type of the integers.
inline DescType type_of(const Quantization& quantization) {
    return quantization.is_signed ? DescType::s8 : DescType::u8;
}

/// Memory that will exist when the batch plan runs, and how it is laid out.
struct Buffer {
    int id = -1;
    MemoryDesc desc;
    float scale = 1;  ///< of integers that stand for numbers: number = scale * integer
};

/// One argument of a primitive: DNNL_ARG_... and what is bound to it.
struct Argument {
    int key;
    Buffer buffer;
};

/// Our own loop; pointers arrive in the order of the buffers given. Every execution context copies it, so it
/// may keep state of its own.
using Loop = std::function<void(std::span<void* const> pointers)>;

class Lowering {
public:
    virtual ~Lowering() = default;

    virtual const dnnl::engine& engine() const = 0;
    /// The type that convolutions take and give where they do not compute in integers.
    virtual DescType convolution_type() const = 0;
    /// The integers in which a convolution takes the input, or leaves the output; empty: not in integers.
    virtual std::optional<Quantization> quantized_input(int input) const = 0;
    virtual std::optional<Quantization> quantized_output(int output) const = 0;
    /// Images in the batches that kernels are chosen for, whatever the size being compiled.
    virtual int planned_rows() const = 0;
    /// Whether most of the network's layers are at their best with channels in blocks.
    virtual bool prefers_blocks() const = 0;
    /// Whether kernels that take more memory for weights than others are out of the question, however quick.
    virtual bool saves_memory() const { return false; }
    virtual const TensorType& input_type(int input) const = 0;
    virtual const TensorType& output_type(int output) const = 0;
    /// The value of a constant input; nullptr for one that is computed.
    virtual const Tensor* constant(int input) const = 0;

    /// The input as float32 in whatever layout its producer chose (row-major for constants).
    virtual Buffer input(int input) = 0;
    /// The same in the type that its producer chose, too.
    virtual Buffer native_input(int input) = 0;
    /// The input in `desc`, which has the input's dimensions: re-ordered where needed.
    virtual Buffer input_as(int input, const MemoryDesc& desc) = 0;
    /// The row-major input seen as `seen_as` (same bytes, other dimensions), re-ordered to `packed`.
    /// A constant is packed once per model and shared by all batch sizes.
    virtual Buffer weights(int input, const MemoryDesc& seen_as, const MemoryDesc& packed) = 0;
    /// The same of a constant whose output channels (dimension 0) are divided by `steps`, then rounded.
    virtual Buffer rounded_weights(int input, std::span<const float> steps, const MemoryDesc& seen_as,
                                   const MemoryDesc& packed) = 0;
    /// A constant derived from the node (`key` names it within the node), made once per model.
    virtual Buffer derived(const std::string& key, const std::function<Tensor()>& make) = 0;
    /// A constant derived from a constant input and `key` alone, made once for all nodes that read the input.
    virtual Buffer derived_from(int input, const std::string& key, const std::function<Tensor()>& make) = 0;

    /// Fresh memory for an output; `scale` where it will hold integers.
    virtual Buffer output(int output, const MemoryDesc& desc, float scale = 1) = 0;
    /// Whether nobody reads the input's bytes after this node.
    virtual bool can_overwrite(int input) const = 0;
    /// The output takes over the input's bytes (same layout); requires can_overwrite(input).
    virtual Buffer output_over(int output, int input) = 0;
    /// The output is the bytes of `source` (one of the node's inputs, as obtained above) seen as `desc`: no
    /// step at all.
    virtual void forward(int output, const Buffer& source, const MemoryDesc& desc) = 0;
    /// The same bytes under another descriptor, for the steps of this node.
    virtual Buffer see_as(const Buffer& buffer, const MemoryDesc& desc) = 0;
    /// Memory for this node only.
    virtual Buffer temporary(const MemoryDesc& desc) = 0;

    /// Appends the primitive of a descriptor; its scratchpad is planned with the batch plan's memory.
    virtual void run(const onednn::AnyDescriptor& descriptor, std::vector<Argument> arguments) = 0;
    /// Appends a loop of ours.
    virtual void run(Loop loop, std::vector<Buffer> buffers) = 0;
    /// Appends the re-order from `source` to `destination`, which stand for the same numbers.
    virtual void reorder(const Buffer& source, const Buffer& destination) = 0;

    /// The implementation this node was given at the first batch size compiled ("" then); the same one must
    /// serve at every batch size, so that a row's answer does not depend on its batch.
    virtual std::string& implementation() = 0;
    /// At this batch size the node cannot be computed as it was at the first: bigger batches go in parts.
    virtual void cannot_repeat() = 0;

    /// The input in row-major layout.
    Buffer plain_input(int i) { return input_as(i, plain_desc(input_type(i))); }
    /// Fresh row-major memory for an output.
    Buffer plain_output(int i) { return output(i, plain_desc(output_type(i))); }
};

}  // namespace dyce
