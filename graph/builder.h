// Grows a graph node by node, types checked as it goes. One thread; build() hands the graph over.
#pragma once

#include "graph/graph.h"

#include <string>
#include <string_view>
#include <vector>

namespace dyce {

class GraphBuilder {
public:
    /// `batched`: see Graph. Types below are for one image, or for `batch` of them when given.
    explicit GraphBuilder(bool batched = true) { graph_.batched = batched; }

    ValueId input(const std::string& name, TensorType type);
    ValueId constant(const std::string& name, Tensor value);
    /// Adds a node with one output, named `name` (made unique when empty or taken).
    /// Throws Error{kContent} when there is no such operator or the inputs do not fit.
    ValueId add(std::string_view op, std::vector<ValueId> inputs, Attributes attributes = {},
                const std::string& name = "");
    /// The same with one output for each name.
    std::vector<ValueId> add_many(const OpSpec& spec, std::vector<ValueId> inputs, Attributes attributes,
                                  const std::string& name, const std::vector<std::string>& outputs);
    /// Gives a value another name, which no other value may have.
    void rename(ValueId value, std::string name) { graph_.value(value).name = std::move(name); }
    void set_quantization(ValueId value, const Quantization& quantization) {
        graph_.value(value).quantization = quantization;
    }
    void output(ValueId value) { graph_.outputs.push_back(value); }

    const TensorType& type(ValueId value) const { return types_[static_cast<std::size_t>(value)]; }
    const Graph& graph() const { return graph_; }
    Graph build() && { return std::move(graph_); }

private:
    ValueId add_typed_value(const std::string& name, const TensorType& type,
                            std::optional<Tensor> constant = {});

    Graph graph_;
    std::vector<TensorType> types_;
};

}  // namespace dyce
