// What the backbone of a graph makes and reads, value by value, as the rules for sites ask for it. Made for one
// graph, which must outlive it; shared read-only.
#pragma once

#include "graph/graph.h"

#include <cstdint>
#include <vector>

namespace dyce {

class BackboneValues {
public:
    /// The backbone is what the first output needs. Throws Error{kContent} when the graph's types do not fit.
    explicit BackboneValues(const Graph& graph);

    const Graph& graph() const { return graph_; }
    /// In execution order.
    const std::vector<ValueId>& made() const { return made_; }
    const Shape& shape(ValueId value) const;
    /// Multiply-adds of the backbone up to the value, for one image.
    std::int64_t macs(ValueId value) const;
    /// How many values of the backbone are made and still to be read once it is made.
    int alive(ValueId value) const;
    /// The node of the backbone that makes it, -1 for inputs, constants and what heads make.
    NodeId maker(ValueId value) const;
    /// Nodes of the backbone that read it, once for each time that they do.
    const std::vector<NodeId>& readers(ValueId value) const;
    /// Whether nodes outside of the backbone read it.
    bool feeds_head(ValueId value) const;

    /// Whether it is the result of an Add or a Concat of at least two computed values.
    bool is_join(ValueId value) const;
    /// The node that alone reads it, or null: no output and no head does either.
    const Node* only_reader(ValueId value) const;
    /// The result of the activation that alone reads it, or -1.
    ValueId activation_after(ValueId value) const;

private:
    const Graph& graph_;
    std::vector<TensorType> types_;
    std::vector<ValueId> made_;
    std::vector<NodeId> makers_;
    std::vector<std::int64_t> macs_;
    std::vector<int> alive_;
    std::vector<std::vector<NodeId>> readers_;
    std::vector<bool> feeds_head_;
};

}  // namespace dyce
