#include "loaders/format/graph_json.h"

#include "loaders/format/attributes_json.h"
#include "loaders/format/json.h"
#include "loaders/format/safetensors.h"
#include "runtime/core/text.h"

#include <dyce/error.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <vector>

namespace dyce {
namespace {

constexpr std::string_view kMembers[] = {"architecture", "inputs", "nodes", "outputs", "parameters"};
constexpr std::size_t kMaxTree = std::size_t{1} << 20;  // of one node, and of the other members
constexpr std::size_t kNamesPerNode = 16;               // on average
constexpr const char* kUnsigned = "u8";
constexpr const char* kSigned = "s8";

DataType dtype_from_json(const JsonField& field) {
    const std::string name = field.text();
    for (DataType dtype :
         {DataType::kFloat32, DataType::kInt64, DataType::kInt32, DataType::kUint8, DataType::kBool})
        if (name == name_of(dtype)) return dtype;
    field.fail("float32, int64, int32, uint8 or bool");
}

Shape shape_from_json(const JsonField& field) {
    if (field.size() > static_cast<std::size_t>(Shape::kMaxRank))
        field.fail("at most " + std::to_string(Shape::kMaxRank) + " dimensions");
    Shape shape;
    for (std::size_t i = 0; i < field.size(); ++i) shape.push_back(field[i].integer(1));
    return shape;
}

std::string name_from_json(const JsonField& field) {
    std::string name = field.text();
    check_tensor_name(name, field.where());
    return name;
}

// A node as text: its values are still names.
struct NodeText {
    Node node;
    std::string where;
    std::vector<std::string> inputs, outputs;
    std::optional<Quantization> quantization;  // of its output
};

std::optional<Quantization> quantization_from_json(JsonFields& owner) {
    if (!owner.has("quantization")) return std::nullopt;
    JsonFields fields(owner["quantization"]);
    const JsonField type = fields["type"], scale = fields["scale"];
    if (type.text() != kUnsigned && type.text() != kSigned) type.fail("u8 or s8");
    const float number = scale.real32();
    if (number < Quantization::kLeastScale || number > Quantization::kMostScale)
        scale.fail("a number of 1e-10 to 1e10");
    fields.finish();
    return Quantization{number, type.text() == kSigned};
}

NodeText node_from_json(const JsonField& numbered, const std::string& graph_where) {
    const std::string name = name_from_json(JsonFields(numbered)["name"]);
    const JsonField field(numbered.json(), graph_where + ": node " + in_quotes(name));
    JsonFields fields(field);
    NodeText text{{}, field.where(), {}, {}, {}};
    text.node.name = fields["name"].text();
    const std::string op = fields["op"].text();
    const std::string domain = fields.has("domain") ? fields["domain"].text() : "";
    text.node.spec = find_op(op, domain);
    if (text.node.spec == nullptr)
        fields["op"].fail("an operator of this version" +
                          (domain.empty() ? "" : " in domain " + in_quotes(domain)));
    if (fields.has("attributes"))
        text.node.attributes = attributes_from_json(fields["attributes"], *text.node.spec);
    text.inputs = fields["inputs"].texts();
    const JsonField outputs = fields["outputs"];
    for (std::size_t i = 0; i < outputs.size(); ++i) text.outputs.push_back(name_from_json(outputs[i]));
    text.quantization = quantization_from_json(fields);
    if (text.quantization && text.outputs.size() != 1)
        outputs.fail("one output, as the node has a quantization");
    fields.finish();
    return text;
}

// Gives the names their ids, in the order in which the values are made.
class Linker {
public:
    Linker(Graph& graph, const std::map<std::string, Tensor>& tensors) : graph_(graph), tensors_(tensors) {}

    ValueId define(const std::string& name, const std::string& where) {
        const auto [known, is_new] = ids_.emplace(name, static_cast<ValueId>(graph_.values.size()));
        if (!is_new || tensors_.count(name) != 0)
            throw Error(ErrorCode::kContent, where, "makes " + in_quotes(name) + ", which exists already");
        return graph_.add_value(name);
    }

    /// `makers` tells which node makes a value that is not defined yet.
    ValueId find(const std::string& name, const std::string& where,
                 const std::map<std::string, std::string>& makers = {}) {
        if (const auto known = ids_.find(name); known != ids_.end()) return known->second;
        const auto tensor = tensors_.find(name);
        if (tensor != tensors_.end()) return ids_[name] = graph_.add_value(name, tensor->second);
        const std::string reads = "reads " + in_quotes(name);
        if (const auto maker = makers.find(name); maker != makers.end())
            throw Error(ErrorCode::kContent, where,
                        reads + " before it is made by node " + in_quotes(maker->second) +
                            ": a cycle, or nodes out of order");
        throw Error(ErrorCode::kContent, where,
                    reads + ", expected an input, a tensor of the file or an output of a node before");
    }

    void check_all_used(const std::string& where) const {
        for (const auto& [name, tensor] : tensors_)
            if (ids_.count(name) == 0)
                throw Error(ErrorCode::kContent, where, "no node reads the tensor " + in_quotes(name));
    }

private:
    Graph& graph_;
    const std::map<std::string, Tensor>& tensors_;
    std::map<std::string, ValueId> ids_;
};

GraphInput input_from_json(const JsonField& field, Linker& linker, Graph& graph) {
    JsonFields fields(field);
    const ValueId value = linker.define(name_from_json(fields["name"]), field.where());
    const GraphInput input{value, {dtype_from_json(fields["dtype"]), shape_from_json(fields["shape"])}};
    graph.value(value).quantization = quantization_from_json(fields);
    fields.finish();
    return input;
}

// Nodes are read one by one: a file may hold very many, and a tree of them all would take much more than
// them.
std::vector<NodeText> read_nodes(JsonReader& reader, std::int64_t max_nodes) {
    const std::string where = reader.where();
    reader.set_where(where + ".nodes");
    const auto limit = static_cast<std::size_t>(max_nodes);
    std::vector<NodeText> nodes;
    std::size_t names = 0;
    reader.array([&] {
        if (nodes.size() == limit)
            throw Error(ErrorCode::kResource, where, "more nodes, the limit is " + std::to_string(limit));
        const Json json = read_tree(reader, kMaxTree);
        nodes.push_back(
            node_from_json(JsonField(json, where + ".nodes[" + std::to_string(nodes.size()) + "]"), where));
        names += nodes.back().inputs.size() + nodes.back().outputs.size();
        if (names > kNamesPerNode * limit)
            throw Error(
                ErrorCode::kResource, where,
                "more inputs and outputs of nodes, the limit is " + std::to_string(kNamesPerNode * limit));
    });
    reader.set_where(where);
    return nodes;
}

Graph link(const std::string& where, const JsonField& inputs, std::vector<NodeText> nodes,
           const JsonField& outputs, const std::map<std::string, Tensor>& tensors) {
    Graph graph;
    Linker linker(graph, tensors);
    for (std::size_t i = 0; i < inputs.size(); ++i)
        graph.inputs.push_back(input_from_json(inputs[i], linker, graph));
    std::map<std::string, std::string> makers;
    for (const NodeText& text : nodes)
        for (const std::string& output : text.outputs) makers.emplace(output, text.node.name);
    for (NodeText& text : nodes) {
        for (const std::string& name : text.inputs)
            text.node.inputs.push_back(linker.find(name, text.where, makers));
        for (const std::string& name : text.outputs)
            text.node.outputs.push_back(linker.define(name, text.where));
        if (text.quantization) graph.value(text.node.outputs[0]).quantization = text.quantization;
        graph.nodes.push_back(std::move(text.node));
    }
    for (std::size_t i = 0; i < outputs.size(); ++i)
        graph.outputs.push_back(linker.find(outputs[i].text(), outputs[i].where()));
    linker.check_all_used(where);
    return graph;
}

std::vector<std::string> names_of(const Graph& graph, const std::vector<ValueId>& ids) {
    std::vector<std::string> names;
    for (ValueId id : ids) names.push_back(graph.value(id).name);
    return names;
}

void add_quantization(const Value& value, Json& owner) {
    if (value.quantization)
        owner["quantization"] = {{"type", value.quantization->is_signed ? kSigned : kUnsigned},
                                 {"scale", to_json(value.quantization->scale)}};
}

Json node_to_json(const Graph& graph, const Node& node) {
    if (!node.post_ops.empty())
        throw Error(ErrorCode::kInternal, node.name, "a fused node cannot be stored in a model file");
    Json json = {{"name", node.name},
                 {"op", node.spec->name},
                 {"inputs", names_of(graph, node.inputs)},
                 {"outputs", names_of(graph, node.outputs)}};
    if (!node.spec->domain.empty()) json["domain"] = node.spec->domain;
    if (node.attributes.begin() != node.attributes.end())
        json["attributes"] = attributes_to_json(node.attributes);
    if (node.outputs.size() == 1) add_quantization(graph.value(node.outputs[0]), json);
    return json;
}

}  // namespace

std::string graph_to_text(const GraphDocument& document) {
    const Graph& graph = document.graph;
    if (!graph.batched) throw Error(ErrorCode::kInternal, "graph", "only batched graphs are stored");
    Json inputs = Json::array();
    for (const auto& [value, type] : graph.inputs) {
        inputs.push_back({{"name", graph.value(value).name},
                          {"dtype", name_of(type.dtype)},
                          {"shape", std::vector<std::int64_t>(type.shape.begin(), type.shape.end())}});
        add_quantization(graph.value(value), inputs.back());
    }
    Json nodes = Json::array();
    for (const Node& node : graph.nodes) nodes.push_back(node_to_json(graph, node));
    return canonical_text({{"architecture", document.architecture},
                           {"parameters", document.parameters},
                           {"inputs", inputs},
                           {"nodes", nodes},
                           {"outputs", names_of(graph, graph.outputs)}});
}

GraphDocument graph_from_text(std::string_view text, const std::string& where,
                              const std::map<std::string, Tensor>& tensors, std::int64_t max_nodes) {
    JsonReader reader(text, where);
    std::vector<NodeText> nodes;
    Json members = Json::object();
    reader.object([&](const std::string& key) {
        const auto* known = std::find(std::begin(kMembers), std::end(kMembers), key);
        if (known == std::end(kMembers)) reader.fail("unknown key " + in_quotes(key));
        if (key == "nodes") {
            nodes = read_nodes(reader, max_nodes);
            members[key] = nullptr;
        } else {
            members[key] = read_tree(reader, kMaxTree);
        }
    });
    reader.finish();

    JsonFields fields(JsonField(members, where));
    (void)fields["nodes"];  // must be there
    GraphDocument document;
    document.architecture = fields["architecture"].text();
    if (!is_printable_utf8(document.architecture)) fields["architecture"].fail("printable text");
    document.parameters = fields["parameters"].integer(0);
    document.graph = link(where, fields["inputs"], std::move(nodes), fields["outputs"], tensors);
    return document;
}

}  // namespace dyce
