#include "loaders/import/onnx/onnx_model.h"

#include "graph/verify.h"
#include "loaders/import/onnx/node_order.h"
#include "loaders/import/onnx/proto_file.h"
#include "loaders/import/onnx/tensor_proto.h"
#include "loaders/import/onnx/unsupported.h"
#include "runtime/core/text.h"

#include <dyce/error.h>

#include <algorithm>

namespace dyce {
namespace {

constexpr int kFirstOpset = 6;
constexpr int kLastOpset = 25;
constexpr std::size_t kMaxTensorBytes = std::size_t{8} << 30;  // a side file's bytes may be read repeatedly

using Names = google::protobuf::RepeatedPtrField<std::string>;

bool is_onnx_domain(const std::string& domain) { return domain.empty() || domain == "ai.onnx"; }

std::vector<std::string> trimmed(const Names& names) {
    std::vector<std::string> result(names.begin(), names.end());
    while (!result.empty() && result.back().empty()) result.pop_back();
    return result;
}

class Reader {
public:
    Reader(const std::string& path, const onnx::ModelProto& proto) : proto_(proto) { model_.path = path; }

    OnnxModel read() && {
        model_.opset = read_opset();
        refuse_foreign_parts();
        for (const auto& node : graph_.node()) model_.nodes.push_back(read_node(node));
        refuse_unsupported(model_);
        read_tensors(graph_, model_.constants, model_.nodes);
        for (const auto& input : graph_.input())
            if (model_.constants.count(input.name()) == 0) model_.inputs.push_back(read_input(input));
        for (const auto& output : graph_.output()) model_.outputs.push_back(output.name());
        return std::move(model_);
    }

private:
    [[noreturn]] void fail(const std::string& message) const {
        throw Error(ErrorCode::kContent, model_.path, message);
    }

    int read_opset() const {
        int opset = 0;
        for (const auto& import : proto_.opset_import()) {
            if (!is_onnx_domain(import.domain())) continue;
            if (opset != 0 && opset != import.version()) fail("names two versions of ONNX's operator set");
            if (import.version() < kFirstOpset || import.version() > kLastOpset)
                fail("operator set " + std::to_string(import.version()) + ", supported are " +
                     std::to_string(kFirstOpset) + " to " + std::to_string(kLastOpset));
            opset = static_cast<int>(import.version());
        }
        if (opset == 0) fail("names no version of ONNX's operator set; is this an ONNX file?");
        return opset;
    }

    void refuse_foreign_parts() {
        if (proto_.functions_size() > 0)
            fail("defines the function " + in_quotes(proto_.functions(0).name()) +
                 "; functions are not supported (the onnx.inliner module of Python's onnx removes them)");
        if (graph_.sparse_initializer_size() > 0)
            fail("initializer " + in_quotes(graph_.sparse_initializer(0).values().name()) +
                 " is sparse, which is not supported");
        if (graph_.output_size() == 0) fail("the graph has no output");
        count_nodes(graph_.node_size());
    }

    void count_nodes(int more) {
        const GraphLimits limits;
        nodes_ += more;
        if (nodes_ > limits.nodes)
            throw Error(ErrorCode::kResource, model_.path,
                        std::to_string(nodes_) + " nodes, the limit is " + std::to_string(limits.nodes));
    }

    OnnxNode read_node(const onnx::NodeProto& proto) const {
        OnnxNode node;
        node.op = is_onnx_domain(proto.domain()) ? proto.op_type() : proto.domain() + "." + proto.op_type();
        node.inputs = trimmed(proto.input());
        node.outputs = trimmed(proto.output());
        if (node.outputs.empty()) fail(node.op + " node " + in_quotes(proto.name()) + " has no output");
        node.name = proto.name().empty() ? node.outputs.back() : proto.name();
        for (const auto& attribute : proto.attribute()) read_attribute(attribute, node);
        return node;
    }

    void read_attribute(const onnx::AttributeProto& proto, OnnxNode& node) const {
        using onnx::AttributeProto;
        if (!node.attribute_names.insert(proto.name()).second)
            fail(describe(node) + " has two attributes " + in_quotes(proto.name()));
        switch (proto.type()) {
            case AttributeProto::INT: node.attributes.set(proto.name(), proto.i()); break;
            case AttributeProto::FLOAT: node.attributes.set(proto.name(), proto.f()); break;
            case AttributeProto::STRING: node.attributes.set(proto.name(), proto.s()); break;
            case AttributeProto::INTS:
                node.attributes.set(proto.name(), std::vector(proto.ints().begin(), proto.ints().end()));
                break;
            case AttributeProto::FLOATS:
                node.attributes.set(proto.name(), std::vector(proto.floats().begin(), proto.floats().end()));
                break;
            default: break;  // tensors and branches come later; no conversion accepts any other kind
        }
    }

    void read_tensors(const onnx::GraphProto& graph, std::map<std::string, Tensor>& constants,
                      std::vector<OnnxNode>& nodes) {
        for (const auto& initializer : graph.initializer()) {
            const bool added =
                constants
                    .emplace(initializer.name(), read_tensor(initializer, "initializer", initializer.name()))
                    .second;
            note_range(initializer, initializer.name());
            if (!added) fail("two initializers have the name " + in_quotes(initializer.name()));
        }
        for (std::size_t i = 0; i < nodes.size(); ++i)
            for (const auto& attribute : graph.node(static_cast<int>(i)).attribute()) {
                if (attribute.type() == onnx::AttributeProto::TENSOR) {
                    nodes[i].tensors[attribute.name()] =
                        read_tensor(attribute.t(), nodes[i].op.c_str(), nodes[i].name);
                    note_range(attribute.t(), nodes[i].outputs[0]);
                } else if (attribute.type() == onnx::AttributeProto::GRAPH)
                    nodes[i].branches[attribute.name()] = read_branch(attribute.g(), nodes[i]);
            }
    }

    // `owner` gets the names that the branch reads from outside.
    std::shared_ptr<const OnnxBranch> read_branch(const onnx::GraphProto& graph, OnnxNode& owner) {
        if (graph.input_size() > 0 || graph.sparse_initializer_size() > 0)
            fail(describe(owner) + " has a branch with inputs or sparse initializers");
        count_nodes(graph.node_size());
        auto branch = std::make_shared<OnnxBranch>();
        for (const auto& node : graph.node()) branch->nodes.push_back(read_node(node));
        read_tensors(graph, branch->constants, branch->nodes);
        for (const auto& output : graph.output()) branch->outputs.push_back(output.name());
        std::set<std::string> made;
        for (const auto& [name, tensor] : branch->constants) made.insert(name);
        const auto read = [&](const std::string& name) {
            if (!name.empty() && made.count(name) == 0) owner.captured.insert(name);
        };
        for (const OnnxNode& node : branch->nodes) {
            std::for_each(node.inputs.begin(), node.inputs.end(), read);
            std::for_each(node.captured.begin(), node.captured.end(), read);
            made.insert(node.outputs.begin(), node.outputs.end());
        }
        std::for_each(branch->outputs.begin(), branch->outputs.end(), read);
        for (const std::string& name : made)
            if (!name.empty()) check_onnx_name(name, model_.path);
        return branch;
    }

    void note_range(const onnx::TensorProto& proto, const std::string& name) {
        if (const auto range = range_of_integers(proto.data_type())) model_.integer_ranges[name] = *range;
    }

    Tensor read_tensor(const onnx::TensorProto& proto, const char* what, const std::string& name) {
        const std::string where = model_.path + ": " + what + " " + in_quotes(name);
        Tensor tensor = decode_tensor(proto, folder_of(model_.path), where);
        tensor_bytes_ += tensor.byte_size();
        if (tensor_bytes_ > kMaxTensorBytes)
            throw Error(ErrorCode::kResource, where,
                        "the file's tensors exceed " + std::to_string(kMaxTensorBytes) + " bytes");
        return tensor;
    }

    OnnxInput read_input(const onnx::ValueInfoProto& proto) const {
        const std::string where = model_.path + ": graph input " + in_quotes(proto.name());
        if (!proto.type().has_tensor_type())
            throw Error(ErrorCode::kContent, where,
                        "is not a tensor; sequences, maps, optionals and sparse tensors are not supported");
        const auto& type = proto.type().tensor_type();
        OnnxInput input{proto.name(), {decode_type(type.elem_type(), where), {}}, false};
        if (type.shape().dim_size() > Shape::kMaxRank)
            throw Error(ErrorCode::kContent, where,
                        "has " + std::to_string(type.shape().dim_size()) + " dimensions, at most " +
                            std::to_string(Shape::kMaxRank) + " are supported");
        for (const auto& dim : type.shape().dim())
            input.type.shape.push_back(dim.has_dim_value() ? std::max<std::int64_t>(dim.dim_value(), -1)
                                                           : -1);
        return input;
    }

    const onnx::ModelProto& proto_;
    const onnx::GraphProto& graph_ = proto_.graph();
    OnnxModel model_;
    std::size_t tensor_bytes_ = 0;
    int nodes_ = 0;  ///< those of branches, too
};

}  // namespace

std::string describe(const OnnxNode& node) { return node.op + " " + in_quotes(node.name); }

OnnxModel read_onnx_model(const std::string& path) {
    onnx::ModelProto proto;
    parse_protobuf(path, proto);
    OnnxModel model = Reader(path, proto).read();
    put_in_order(model);
    return model;
}

}  // namespace dyce
