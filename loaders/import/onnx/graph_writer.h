// Grows the translated graph. Tensors of the ONNX graph are operands: a known constant, or a value of the
// new graph. A node that reads constants alone is computed at once, unless that takes long or makes much of
// little. One thread.
#pragma once

#include "graph/builder.h"

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace dyce {

/// What integers of a type may be.
struct IntegerRange {
    std::int64_t low, high;
};

/// Owned by the GraphWriter that made it; its address stays.
struct Operand {
    std::string name;
    TensorType type;
    std::optional<Tensor> constant;
    ValueId value = -1;  ///< in the new graph; of a constant, once a node has read it
    /// Of the output of QuantizeLinear, which is no value of the new graph: the numbers that it stands for.
    Operand* stands_for = nullptr;
    /// Of a constant whose integers were widened: what the file's type could hold.
    std::optional<IntegerRange> integers;
};

class GraphWriter {
public:
    /// `taken` are names that it must not invent. Constants computed from constants may take
    /// `folding_bytes`.
    GraphWriter(bool batched, std::unordered_set<std::string> taken, std::int64_t folding_bytes)
        : builder_(batched), taken_(std::move(taken)), folding_bytes_(folding_bytes) {}

    Operand* input(const std::string& name, const TensorType& type);
    Operand* constant(const std::string& name, Tensor value);
    /// Adds a node with the outputs named, or computes them. Throws Error{kContent} when the inputs do not
    /// fit.
    std::vector<Operand*> add(std::string_view op, const std::vector<Operand*>& inputs, Attributes attributes,
                              const std::string& name, const std::vector<std::string>& outputs);
    void output(Operand* operand) { builder_.output(value_of(operand)); }
    /// Integers that stand for numbers.
    Operand* quantized(const std::string& name, Operand* numbers);
    void set_quantization(Operand* operand, const Quantization& quantization);
    /// Counts a computed constant; false when it is over the limit.
    bool spend(const TensorType& type);

    /// `base`, with a number where that is taken; taken from now on.
    std::string unique_name(const std::string& base);
    Graph build() && { return std::move(builder_).build(); }

private:
    Operand* keep(Operand operand);
    ValueId value_of(Operand* operand);
    bool worth_computing(const Node& node, const std::vector<Operand*>& inputs);
    std::vector<Operand*> compute(const Node& node, const std::vector<Operand*>& inputs,
                                  const std::vector<std::string>& outputs);

    GraphBuilder builder_;
    std::deque<Operand> operands_;
    std::unordered_set<std::string> taken_;
    std::int64_t folding_bytes_;
};

}  // namespace dyce
