// Small ONNX models for tests, written with the protobuf classes themselves.
#pragma once

#include "tests/support/support.h"

#include <onnx/onnx_pb.h>

#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

namespace dyce::test {

/// A dimension: a number, or open when negative.
using OnnxDims = std::vector<std::int64_t>;

/// Adds attributes to the node it is handed out for.
class NodeBuilder {
public:
    explicit NodeBuilder(onnx::NodeProto* proto) : proto_(proto) {}

    NodeBuilder& set(const std::string& name, std::int64_t value) {
        add(name, onnx::AttributeProto::INT)->set_i(value);
        return *this;
    }
    NodeBuilder& set(const std::string& name, int value) { return set(name, std::int64_t{value}); }
    NodeBuilder& set(const std::string& name, float value) {
        add(name, onnx::AttributeProto::FLOAT)->set_f(value);
        return *this;
    }
    NodeBuilder& set(const std::string& name, const char* value) {
        add(name, onnx::AttributeProto::STRING)->set_s(value);
        return *this;
    }
    NodeBuilder& set(const std::string& name, const std::vector<std::int64_t>& values) {
        auto* attribute = add(name, onnx::AttributeProto::INTS);
        for (std::int64_t value : values) attribute->add_ints(value);
        return *this;
    }
    NodeBuilder& set(const std::string& name, const std::vector<float>& values) {
        auto* attribute = add(name, onnx::AttributeProto::FLOATS);
        for (float value : values) attribute->add_floats(value);
        return *this;
    }
    onnx::AttributeProto* add(const std::string& name, onnx::AttributeProto::AttributeType type) {
        auto* attribute = proto_->add_attribute();
        attribute->set_name(name);
        attribute->set_type(type);
        return attribute;
    }
    onnx::NodeProto* proto() { return proto_; }

private:
    onnx::NodeProto* proto_;
};

inline void fill(onnx::TensorProto* proto, const OnnxDims& dims) {
    for (std::int64_t dim : dims) proto->add_dims(dim);
}

class OnnxBuilder {
public:
    explicit OnnxBuilder(int opset) {
        model.set_ir_version(8);
        auto* import = model.add_opset_import();
        import->set_domain("");
        import->set_version(opset);
        graph().set_name("test");
    }

    onnx::GraphProto& graph() { return *model.mutable_graph(); }

    OnnxBuilder& input(const std::string& name, const OnnxDims& dims, int type = onnx::TensorProto::FLOAT) {
        add_type(graph().add_input(), name, dims, type);
        return *this;
    }
    OnnxBuilder& output(const std::string& name) {
        graph().add_output()->set_name(name);
        return *this;
    }
    OnnxBuilder& floats(const std::string& name, const OnnxDims& dims, const std::vector<float>& values) {
        auto* proto = graph().add_initializer();
        proto->set_name(name);
        proto->set_data_type(onnx::TensorProto::FLOAT);
        fill(proto, dims);
        for (float value : values) proto->add_float_data(value);
        return *this;
    }
    OnnxBuilder& ints(const std::string& name, const std::vector<std::int64_t>& values) {
        return ints(name, {static_cast<std::int64_t>(values.size())}, values);
    }
    OnnxBuilder& ints(const std::string& name, const OnnxDims& dims,
                      const std::vector<std::int64_t>& values) {
        auto* proto = graph().add_initializer();
        proto->set_name(name);
        proto->set_data_type(onnx::TensorProto::INT64);
        fill(proto, dims);
        for (std::int64_t value : values) proto->add_int64_data(value);
        return *this;
    }
    /// Its name is the operator's, with the first output.
    NodeBuilder node(const std::string& op, const std::vector<std::string>& inputs,
                     const std::vector<std::string>& outputs) {
        auto* proto = graph().add_node();
        proto->set_op_type(op);
        proto->set_name(op + "_" + outputs.front());
        for (const auto& name : inputs) proto->add_input(name);
        for (const auto& name : outputs) proto->add_output(name);
        return NodeBuilder(proto);
    }
    std::string save(const TempFolder& folder, const std::string& name = "model.onnx") const {
        write_file(folder / name, model.SerializeAsString());
        return folder / name;
    }

    onnx::ModelProto model;

private:
    static void add_type(onnx::ValueInfoProto* proto, const std::string& name, const OnnxDims& dims,
                         int type) {
        proto->set_name(name);
        auto* tensor = proto->mutable_type()->mutable_tensor_type();
        tensor->set_elem_type(type);
        for (std::int64_t dim : dims) {
            auto* slot = tensor->mutable_shape()->add_dim();
            if (dim >= 0)
                slot->set_dim_value(dim);
            else
                slot->set_dim_param("N");
        }
    }
};

}  // namespace dyce::test
