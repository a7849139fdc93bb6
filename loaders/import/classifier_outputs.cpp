#include "loaders/import/classifier_outputs.h"

#include "graph/passes/passes.h"
#include "runtime/core/index.h"
#include "runtime/core/nearest_name.h"
#include "runtime/core/text.h"

#include <dyce/error.h>

#include <algorithm>
#include <set>

namespace dyce {
namespace {

bool is_one_of(std::string_view op, std::initializer_list<std::string_view> names) {
    return std::find(names.begin(), names.end(), op) != names.end();
}

// What an output is, seen from its end.
struct End {
    ValueId logits;          ///< what the activation reads; the output itself where there is none
    ValueId origin;          ///< the same below reshapes: equal for outputs that say the same
    std::string activation;  ///< "" for none
    bool is_label = false;   ///< the position of the largest, not a value for each class
};

class OutputReader {
public:
    explicit OutputReader(const Graph& graph)
        : graph_(graph), types_(infer_types(graph)), producers_(find_producers(graph)) {}

    const TensorType& type(ValueId value) const { return types_[index(value)]; }

    /// Values for one image along one axis: N, NxK, NxKx1x1, Nx1xK.
    bool is_list(ValueId value) const {
        const Shape& shape = type(value).shape;
        return shape.rank() > 0 &&
               std::count_if(shape.begin() + 1, shape.end(), [](std::int64_t dim) { return dim != 1; }) <= 1;
    }

    End end_of(ValueId output) const {
        End end{output, output, "", false};
        ValueId value = below_views(output);
        if (const Node* node = producer(value);
            node != nullptr && is_one_of(node->spec->name, {"ArgMax", "TopK"})) {
            end.is_label = true;
            end.logits = node->inputs[0];
            value = below_views(node->inputs[0]);
        }
        if (const ValueId input = input_of_softmax(value); input >= 0) {
            end.activation = producer(value)->spec->name == "Softmax" ? "Softmax" : "LogSoftmax";
            end.logits = input;
        } else if (const Node* node = producer(value); node != nullptr && node->spec->name == "Sigmoid") {
            end.activation = "Sigmoid";
            end.logits = node->inputs[0];
        }
        // softmax(log(softmax(x))) is softmax(x).
        for (ValueId input; (input = input_of_log_softmax(below_views(end.logits))) >= 0;) end.logits = input;
        end.origin = below_views(end.logits);
        return end;
    }

private:
    const Node* producer(ValueId value) const {
        const NodeId node = producers_[index(value)];
        return node < 0 ? nullptr : &graph_.nodes[index(node)];
    }

    // The value whose elements these are, in the same order.
    ValueId below_views(ValueId value) const {
        for (const Node* node; (node = producer(value)) != nullptr; value = node->inputs[0]) {
            const bool moves = node->spec->name == "Transpose" && is_list(value) && is_list(node->inputs[0]);
            if (!moves && !is_one_of(node->spec->name,
                                     {"Cast", "Flatten", "Identity", "Reshape", "Squeeze", "Unsqueeze"}))
                break;
        }
        return value;
    }

    // Whether the distribution that the node makes is over all values of an image.
    bool is_over_classes(const Node& node) const {
        const Shape& shape = type(node.inputs[0]).shape;
        const std::int64_t axis = node.attributes.integer("axis", -1);
        const auto at = static_cast<int>(axis < 0 ? axis + shape.rank() : axis);
        return at > 0 && shape[0] > 0 && shape[at] == shape.elements() / shape[0];
    }

    ValueId input_of_log_softmax(ValueId value) const {
        const Node* node = producer(value);
        if (node != nullptr && node->spec->name == "Log") {
            node = producer(below_views(node->inputs[0]));
            return node != nullptr && node->spec->name == "Softmax" && is_over_classes(*node)
                       ? node->inputs[0]
                       : -1;
        }
        return node != nullptr && node->spec->name == "LogSoftmax" && is_over_classes(*node) ? node->inputs[0]
                                                                                             : -1;
    }

    ValueId input_of_softmax(ValueId value) const {
        const Node* node = producer(value);
        if (node != nullptr && node->spec->name == "Softmax" && is_over_classes(*node))
            return node->inputs[0];
        return input_of_log_softmax(value);
    }

    const Graph& graph_;
    std::vector<TensorType> types_;
    std::vector<NodeId> producers_;
};

std::size_t count_nodes_for(const Graph& graph, ValueId output) {
    const auto needed = find_needed_nodes(graph, output);
    return static_cast<std::size_t>(std::count(needed.begin(), needed.end(), true));
}

// By name, else the real-valued output that the most nodes lead to, else any: ONNX lists outputs in any order.
std::size_t find_answer(const Graph& graph, const OutputReader& reader, const std::string& wanted) {
    std::vector<std::string_view> names;
    std::size_t best = 0;
    std::pair<bool, std::size_t> best_rank{};
    for (std::size_t i = 0; i < graph.outputs.size(); ++i) {
        const ValueId output = graph.outputs[i];
        names.push_back(graph.value(output).name);
        if (names.back() == wanted) return i;
        const bool is_real = reader.type(output).dtype == DataType::kFloat32;
        const std::pair rank(is_real, count_nodes_for(graph, output));
        if (rank > best_rank) best = i, best_rank = rank;
    }
    if (wanted.empty()) return best;
    throw Error(ErrorCode::kUsage, "--output",
                "the network has no output " + in_quotes(wanted) + nearest_hint(wanted, names, "'"));
}

// "Nx16x4", the first dimension being the images.
std::string shape_text(const Shape& shape) {
    std::string text = shape.rank() > 0 ? "N" : "a single number";
    for (int axis = 1; axis < shape.rank(); ++axis) text += "x" + std::to_string(shape[axis]);
    return text;
}

void expect_classes(const Graph& graph, const OutputReader& reader, const std::string& where,
                    const End& end) {
    const TensorType& type = reader.type(end.logits);
    if (type.dtype == DataType::kFloat32 && reader.is_list(end.logits) && type.shape.elements() > 0) return;
    std::string others;
    for (const ValueId output : graph.outputs)
        if (reader.type(output).dtype == DataType::kFloat32 && reader.is_list(output))
            others += (others.empty() ? "; --output may name " : ", ") + in_quotes(graph.value(output).name);
    throw Error(ErrorCode::kContent, where,
                std::string("is ") + name_of(type.dtype) + " " + shape_text(type.shape) +
                    ", expected float32 NxK, a value for each class (detectors, segmenters and the like are "
                    "no classifiers)" +
                    others);
}

ValueId append(Graph& graph, const char* op, ValueId input, const char* suffix,
               const Attributes& attributes) {
    std::string name = graph.value(input).name + suffix;
    while (std::any_of(graph.values.begin(), graph.values.end(),
                       [&](const Value& value) { return value.name == name; }))
        name += "_";
    const ValueId result = graph.add_value(name);
    graph.nodes.push_back({find_op(op), name, attributes, {input}, {result}, {}});
    return result;
}

// Logits as N x K. One logit is that of the second of two classes: beside a constant 0 its softmax is its
// sigmoid.
ValueId as_matrix(Graph& graph, ValueId logits, const Shape& shape, bool one_logit) {
    if (shape.rank() != 2) logits = append(graph, "Flatten", logits, "_flat", {{"axis", std::int64_t{1}}});
    if (!one_logit) return logits;
    return append(graph, "Pad", logits, "_two_classes",
                  {{"pads", std::vector<std::int64_t>{0, 1, 0, 0}}, {"value", 0.f}});
}

OutputActivation activation_of(const End& end, std::int64_t classes, const OutputChoice& choice) {
    if (choice.activation) return *choice.activation;
    return end.activation == "Sigmoid" && classes > 1 ? OutputActivation::kSigmoid
                                                      : OutputActivation::kSoftmax;
}

/// Makes logits of outputs that are as wide as the classifier's.
class LogitsMaker {
public:
    LogitsMaker(const OutputReader& reader, std::int64_t classes, OutputActivation activation)
        : reader_(reader),
          classes_(classes),
          activation_(activation),
          one_logit_(classes == 1 && activation != OutputActivation::kNone) {}

    bool one_logit() const { return one_logit_; }

    bool fits(ValueId value) const {
        const TensorType& type = reader_.type(value);
        return type.dtype == DataType::kFloat32 && reader_.is_list(value) &&
               type.shape.elements() == classes_;
    }

    ValueId make(Graph& graph, ValueId output, const End& end) const {
        const bool as_it_is = end.activation.empty() && !end.is_label && !one_logit_;
        if (as_it_is || activation_ == OutputActivation::kNone) return output;
        return as_matrix(graph, end.logits, reader_.type(end.logits).shape, one_logit_);
    }

private:
    const OutputReader& reader_;
    std::int64_t classes_;
    OutputActivation activation_;
    bool one_logit_;
};

// An exit is called as its output was, whatever ended it.
void take_name(Graph& graph, ValueId output, ValueId logits) {
    if (output != logits) std::swap(graph.value(output).name, graph.value(logits).name);
}

}  // namespace

ClassifierOutputs resolve_outputs(Graph& graph, const std::string& source, const OutputChoice& choice) {
    const Graph original = graph;
    const OutputReader reader(original);
    const std::size_t answer = find_answer(original, reader, choice.name);
    const ValueId output = original.outputs[answer];
    ClassifierOutputs result;
    result.name = original.value(output).name;
    const bool as_it_is = choice.activation == OutputActivation::kNone;
    const End end = as_it_is ? End{output, output, "", false} : reader.end_of(output);
    const std::string where = source + ": output " + in_quotes(result.name);
    expect_classes(original, reader, where, end);
    const std::int64_t classes = reader.type(end.logits).shape.elements();
    if (classes == 1 && (end.activation == "Softmax" || end.activation == "LogSoftmax"))
        throw Error(ErrorCode::kContent, where, "is the softmax of one value, which is 1 whatever the image");
    result.activation = activation_of(end, classes, choice);
    if (classes == 1 && !as_it_is) result.activation = OutputActivation::kSoftmax;
    result.taken_off = end.activation;

    const LogitsMaker maker(reader, classes, result.activation);
    result.one_logit = maker.one_logit();
    graph.outputs = {maker.make(graph, output, end)};
    std::set<ValueId> known{end.origin};
    for (std::size_t i = 0; i < original.outputs.size(); ++i) {
        if (i == answer) continue;
        const ValueId other = original.outputs[i];
        const End other_end = reader.end_of(other);
        const bool is_new = maker.fits(other) && !other_end.is_label && known.insert(other_end.origin).second;
        if (!is_new) {
            result.dropped.push_back(original.value(other).name);
            continue;
        }
        const ValueId logits = maker.make(graph, other, other_end);
        take_name(graph, other, logits);
        graph.outputs.push_back(logits);
    }
    return result;
}

}  // namespace dyce
