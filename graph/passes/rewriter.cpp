#include "graph/passes/rewriter.h"

#include "graph/passes/passes.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace dyce {

Rewriter::Rewriter(Graph& graph)
    : graph_(graph),
      types_(infer_types(graph, kImages)),
      uses_(count_uses(graph)),
      producers_(find_producers(graph)),
      output_(graph.values.size(), false),
      removed_(graph.nodes.size(), false),
      stand_in_(graph.values.size()) {
    for (ValueId id : graph.outputs) output_[index(id)] = true;
    std::iota(stand_in_.begin(), stand_in_.end(), 0);
}

bool Rewriter::sweep(const std::function<void(Node&)>& visit) {
    for (std::size_t n = 0; n < graph_.nodes.size(); ++n) {
        Node& node = graph_.nodes[n];
        for (ValueId& id : node.inputs) id = stand_in_[index(id)];
        if (!removed_[n]) visit(node);
    }
    if (!changed_) return false;
    std::size_t n = 0;
    std::erase_if(graph_.nodes, [&](const Node&) { return removed_[n++]; });
    remove_dead_code(graph_);
    return true;
}

Node* Rewriter::producer(ValueId value) const {
    const NodeId id = position(value);
    return id < 0 ? nullptr : &graph_.nodes[static_cast<std::size_t>(id)];
}

const Tensor* Rewriter::constant(ValueId value) const {
    const auto& constant = graph_.value(value).constant;
    return constant ? &*constant : nullptr;
}

bool Rewriter::become(Node& node, const OpSpec& spec, Attributes attributes, std::vector<ValueId> inputs) {
    Node next{&spec, node.name, std::move(attributes), std::move(inputs), node.outputs, {}};
    const auto input_types = own_input_types(next, types_);
    const auto types = checked_infer(spec, call_of(next, input_types));
    for (std::size_t i = 0; i < node.outputs.size(); ++i)
        if (types.at(i) != type(node.outputs[i])) return false;
    for (ValueId id : next.inputs) ++uses_[index(id)];
    std::swap(node, next);
    for (ValueId id : next.inputs) drop_reader(id);
    return changed_ = true;
}

void Rewriter::absorb(Node& earlier, Node& later) {
    for (ValueId id : earlier.outputs) producers_[index(id)] = -1;
    earlier.outputs = later.outputs;
    for (ValueId id : earlier.outputs) producers_[index(id)] = id_of(earlier);
    remove(later);
}

void Rewriter::absorb_late(Node& earlier, Node& later) {
    absorb(earlier, later);
    std::swap(earlier, later);
    std::vector<bool>::swap(removed_[static_cast<std::size_t>(id_of(earlier))],
                            removed_[static_cast<std::size_t>(id_of(later))]);
    for (ValueId id : later.outputs) producers_[index(id)] = id_of(later);
}

void Rewriter::exchange(Node& earlier, Node& later, std::size_t x) {
    std::swap(earlier.inputs[0], later.inputs[x]);
    std::swap(earlier.outputs, later.outputs);
    std::swap(earlier, later);
    types_[index(earlier.outputs[0])] = type(earlier.inputs[x]);
    changed_ = true;
}

bool Rewriter::bypass(Node& node, ValueId by) {
    const ValueId old = node.outputs[0];
    if (is_output(old)) {
        if (producer(by) == nullptr || is_output(by)) return false;
        give_name(old, by);
    }
    uses_[index(by)] += uses_[index(old)];
    uses_[index(old)] = 0;
    stand_in_[index(old)] = by;
    remove(node);
    return true;
}

void Rewriter::replace_by_constants(Node& node, std::vector<Tensor> results) {
    for (std::size_t i = 0; i < results.size(); ++i) {
        graph_.value(node.outputs[i]).constant = std::move(results[i]);
        producers_[index(node.outputs[i])] = -1;
    }
    remove(node);
}

void Rewriter::set_constant(Node& node, std::size_t input, Tensor value, const std::string& name) {
    changed_ = true;
    if (input == node.inputs.size()) {
        add_input(node, add_constant(name, std::move(value)));
    } else if (const ValueId id = node.inputs[input]; read_once(id)) {
        types_[index(id)] = value.type();
        graph_.value(id).constant = std::move(value);
    } else {
        drop_reader(id);
        node.inputs[input] = add_constant(name, std::move(value));
        ++uses_[index(node.inputs[input])];
    }
}

void Rewriter::add_input(Node& node, ValueId value) {
    node.inputs.push_back(value);
    ++uses_[index(value)];
}

ValueId Rewriter::add_constant(const std::string& name, Tensor value) {
    types_.push_back(value.type());
    uses_.push_back(0);
    producers_.push_back(-1);
    output_.push_back(false);
    const ValueId id = graph_.add_value(unused_name(name), std::move(value));
    stand_in_.push_back(id);
    return id;
}

std::string Rewriter::unused_name(const std::string& name) {
    if (names_.empty())
        for (const Value& value : graph_.values) names_.insert(value.name);
    std::string unused = name;
    for (int n = 2; !names_.insert(unused).second; ++n) unused = name + "_" + std::to_string(n);
    return unused;
}

void Rewriter::give_name(ValueId from, ValueId to) {
    std::swap(graph_.value(from).name, graph_.value(to).name);
    std::replace(graph_.outputs.begin(), graph_.outputs.end(), from, to);
    output_[index(from)] = false;
    output_[index(to)] = true;
}

// A node whose results nobody reads any more no longer counts as a reader itself.
void Rewriter::drop_reader(ValueId value) {
    if (--uses_[index(value)] > 0) return;
    Node* maker = producer(value);
    if (maker != nullptr &&
        std::all_of(maker->outputs.begin(), maker->outputs.end(), [&](ValueId id) { return unread(id); }))
        remove(*maker);
}

void Rewriter::remove(Node& node) {
    changed_ = true;
    removed_[static_cast<std::size_t>(id_of(node))] = true;
    for (ValueId id : std::exchange(node.inputs, {})) drop_reader(id);
}

}  // namespace dyce
