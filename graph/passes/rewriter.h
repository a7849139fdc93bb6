// A mutable view of a graph for one pass: who makes and who reads each value, kept up to date while nodes change
// in place. Lives for one pass on one thread; the graph must outlive it.
//
// Nodes are visited in execution order and patterns are matched backwards from the node visited, which then
// becomes the new operator (become), takes over from an earlier node (absorb) or steps aside (bypass). So
// order never breaks, the last value of a pattern keeps its name, and values that others still read stay.
#pragma once

#include "graph/graph.h"

#include <functional>
#include <string>
#include <unordered_set>
#include <vector>

namespace dyce {

class Rewriter {
public:
    explicit Rewriter(Graph& graph);

    /// Visits every node once, then removes what no output needs any more. Whether anything changed.
    bool sweep(const std::function<void(Node&)>& visit);

    /// The node that makes `value`; nullptr for inputs of the graph and constants.
    Node* producer(ValueId value) const;
    /// Its place in the execution order; -1 for inputs of the graph and constants.
    NodeId position(ValueId value) const { return producers_[index(value)]; }
    /// nullptr when the value is computed.
    const Tensor* constant(ValueId value) const;
    /// Type for kImages images, where the graph is batched.
    const TensorType& type(ValueId value) const { return types_[index(value)]; }
    bool unread(ValueId value) const { return uses_[index(value)] == 0; }
    /// Whether exactly one input of one node, and no output of the graph, reads the value.
    bool read_once(ValueId value) const { return uses_[index(value)] == 1 && !is_output(value); }

    /// The node computes its outputs with another operator. False, and nothing changes, when their types
    /// would.
    bool become(Node& node, const OpSpec& spec, Attributes attributes, std::vector<ValueId> inputs);
    /// `earlier` makes the outputs of `later`, which disappears; its own old output must be read by nobody
    /// else.
    void absorb(Node& earlier, Node& later);
    /// The same at the place of `later`, where everything computed between the two can be read too.
    void absorb_late(Node& earlier, Node& later);
    /// `later`, which keeps the type of its input `x`, works on the input of `earlier`, and `earlier` on its
    /// result. Nobody else may read the value between.
    void exchange(Node& earlier, Node& later, std::size_t x);
    /// Readers of the node's output read `by` instead. False, and nothing changes, when the output's name
    /// must stay and `by` cannot take it.
    bool bypass(Node& node, ValueId by);
    /// The node's outputs become constants.
    void replace_by_constants(Node& node, std::vector<Tensor> results);
    /// Gives the node another constant for `input` (the next one when `input` is its number of inputs). The
    /// value keeps its name unless others read it.
    void set_constant(Node& node, std::size_t input, Tensor value, const std::string& name);
    /// Adds a constant; `name` gets a tail where it is taken.
    ValueId add_constant(const std::string& name, Tensor value);
    /// Appends the operand of a post-op.
    void add_input(Node& node, ValueId value);

    /// Values that are one image's alone may look broadcast when there is one image: types are for more.
    static constexpr std::int64_t kImages = 3;

private:
    static std::size_t index(ValueId value) { return static_cast<std::size_t>(value); }
    bool is_output(ValueId value) const { return output_[index(value)]; }
    NodeId id_of(const Node& node) const { return static_cast<NodeId>(&node - graph_.nodes.data()); }
    std::string unused_name(const std::string& name);
    void give_name(ValueId from, ValueId to);
    void drop_reader(ValueId value);
    void remove(Node& node);

    Graph& graph_;
    std::vector<TensorType> types_;
    std::vector<int> uses_;
    std::vector<NodeId> producers_;
    std::vector<bool> output_;
    std::vector<bool> removed_;              // by node
    std::vector<ValueId> stand_in_;          // by value: what its later readers read instead
    std::unordered_set<std::string> names_;  // of all values; filled when first needed
    bool changed_ = false;
};

}  // namespace dyce
