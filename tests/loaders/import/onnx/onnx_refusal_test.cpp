// Covers node_order, onnx_import, onnx_model, proto_file, unsupported.
// Every kind of ONNX file that must be refused: the code, and the piece of the message that names the
// trouble.
#include "loaders/import/onnx/onnx_import.h"
#include "tests/loaders/format/refusal.h"
#include "tests/loaders/import/onnx/onnx_builder.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <functional>
#include <string>

#include <sys/stat.h>

using namespace dyce;
using namespace dyce::test;
using onnx::TensorProto;

namespace {

constexpr std::int64_t kHuge = std::int64_t{1} << 40;

/// x (N x 4) -> Relu -> y.
OnnxBuilder legal(int opset = 13) {
    OnnxBuilder model(opset);
    model.input("x", {-1, 4}).output("y");
    model.node("Relu", {"x"}, {"y"});
    return model;
}

/// x + w, where w is a tensor to be spoilt.
OnnxBuilder with_tensor(const std::function<void(TensorProto&)>& spoil) {
    OnnxBuilder model(13);
    model.input("x", {-1, 4}).output("y").floats("w", {4}, {1, 2, 3, 4});
    model.node("Add", {"x", "w"}, {"y"});
    spoil(*model.graph().mutable_initializer(0));
    return model;
}

void make_external(TensorProto& tensor, const std::string& location, const std::string& offset = "",
                   const std::string& length = "") {
    tensor.clear_float_data();
    tensor.set_data_location(TensorProto::EXTERNAL);
    for (const auto& [key, value] :
         {std::pair{"location", location}, std::pair{"offset", offset}, std::pair{"length", length}}) {
        if (value.empty()) continue;
        auto* entry = tensor.add_external_data();
        entry->set_key(key);
        entry->set_value(value);
    }
}

OnnxBuilder with_side_file(const std::string& location, const std::string& offset = "",
                           const std::string& length = "") {
    return with_tensor([&](TensorProto& tensor) { make_external(tensor, location, offset, length); });
}

struct BadModel {
    std::string kind;
    std::function<OnnxBuilder()> build;
    ErrorCode code;
    std::string piece;
};

void check_all(const std::vector<BadModel>& models) {
    const TempFolder folder;
    std::filesystem::create_directory(folder / "sub");
    write_file(folder / "sub/weights.bin", std::string(16, '\0'));
    write_file(folder / "weights.bin", std::string(16, '\0'));
    std::filesystem::create_symlink("weights.bin", folder / "link.bin");
    REQUIRE(mkfifo((folder / "fifo").c_str(), 0600) == 0);
    for (const BadModel& model : models) {
        CAPTURE(model.kind);
        const std::string path = model.build().save(folder);
        check_refused([&] { import_onnx(path); }, model.code, model.piece);
    }
}

/// If nodes inside each other's branches; the innermost branch.
onnx::GraphProto* nest(onnx::GraphProto* graph, int depth) {
    for (; depth > 0; --depth) {
        auto* node = graph->add_node();
        node->set_op_type("If");
        node->add_output("y");
        auto* branch = node->add_attribute();
        branch->set_name("then_branch");
        branch->set_type(onnx::AttributeProto::GRAPH);
        graph = branch->mutable_g();
    }
    return graph;
}

}  // namespace

TEST_CASE("files that are no models are refused") {
    const TempFolder folder;
    const auto refused = [&](const std::string& bytes, const std::string& piece) {
        write_file(folder / "model.onnx", bytes);
        check_refused([&] { import_onnx(folder / "model.onnx"); }, ErrorCode::kContent, piece);
    };
    refused("", "empty");
    refused("version https://git-lfs.github.com/spec/v1\n", "Git LFS pointer");
    refused("not a model, just a line of text\n", "protobuf");
    const std::string whole = legal().model.SerializeAsString();
    refused(whole.substr(0, whole.size() - 3), "protobuf");
    refused(whole + '\x07', "protobuf");
    check_refused([&] { import_onnx(folder / "missing.onnx"); }, ErrorCode::kIo, "cannot open");
    check_refused([&] { import_onnx(folder.path().string()); }, ErrorCode::kIo, "not a regular file");
}

TEST_CASE("a file over 2 GiB - 1 is refused before it is read") {
    const TempFolder folder;
    write_file(folder / "model.onnx", "");
    std::filesystem::resize_file(folder / "model.onnx", std::uintmax_t{1} << 31);
    check_refused([&] { import_onnx(folder / "model.onnx"); }, ErrorCode::kResource,
                  "the limit is 2147483647");
}

TEST_CASE("a small file that would unfold into very many objects is refused") {
    const TempFolder folder;
    OnnxBuilder model = legal();
    for (int i = 0; i < 260'000; ++i) model.graph().add_value_info();
    check_refused([&] { import_onnx(model.save(folder)); }, ErrorCode::kResource, "more than 250000 nodes");
}

TEST_CASE("nesting: 100 messages are read, 101 refused") {
    const TempFolder folder;
    OnnxBuilder model(13);
    model.input("x", {-1, 4}).output("y");
    auto* innermost = nest(&model.graph(), 33);  // graph, 33 times node, attribute, graph: 100 messages deep
    check_refused([&] { import_onnx(model.save(folder)); }, ErrorCode::kContent, "If: 1 node ('y')");
    innermost->add_node();
    check_refused([&] { import_onnx(model.save(folder)); }, ErrorCode::kContent, "nested deeper than 100");
}

TEST_CASE("models that break ONNX's rules are refused") {
    const auto changed = [](const std::function<void(OnnxBuilder&)>& change) {
        return [change] {
            OnnxBuilder model = legal();
            change(model);
            return model;
        };
    };
    const auto graph = [&](const std::function<void(onnx::GraphProto&)>& change) {
        return changed([change](OnnxBuilder& model) { change(model.graph()); });
    };
    check_all({
        {"opset 5", [] { return legal(5); }, ErrorCode::kContent, "operator set 5, supported are 6 to 25"},
        {"opset 26", [] { return legal(26); }, ErrorCode::kContent, "operator set 26"},
        {"opset 2^40", changed([](auto& m) { m.model.mutable_opset_import(0)->set_version(kHuge); }),
         ErrorCode::kContent, "operator set 1099511627776"},
        {"no opset", changed([](auto& m) { m.model.clear_opset_import(); }), ErrorCode::kContent,
         "no version of ONNX's operator set"},
        {"two opsets", changed([](auto& m) { m.model.add_opset_import()->set_version(9); }),
         ErrorCode::kContent, "two versions"},
        {"function", changed([](auto& m) { m.model.add_functions()->set_name("f"); }), ErrorCode::kContent,
         "function 'f'"},
        {"sparse", graph([](auto& g) { g.add_sparse_initializer()->mutable_values()->set_name("s"); }),
         ErrorCode::kContent, "'s' is sparse"},
        {"no graph", changed([](auto& m) { m.model.clear_graph(); }), ErrorCode::kContent, "no output"},
        {"no output", graph([](auto& g) { g.clear_output(); }), ErrorCode::kContent, "no output"},
        {"no input", graph([](auto& g) {
             g.clear_input();
             auto* constant = g.add_initializer();
             constant->set_name("x");
             constant->set_data_type(TensorProto::FLOAT);
             constant->add_float_data(1);
         }),
         ErrorCode::kContent, "no input"},
        {"sequence input",
         graph([](auto& g) { g.mutable_input(0)->mutable_type()->mutable_sequence_type(); }),
         ErrorCode::kContent, "graph input 'x': is not a tensor"},
        {"complex input", graph([](auto& g) {
             g.mutable_input(0)->mutable_type()->mutable_tensor_type()->set_elem_type(TensorProto::COMPLEX64);
         }),
         ErrorCode::kContent, "graph input 'x': element type complex64"},
        {"int64 input", graph([](auto& g) {
             g.mutable_input(0)->mutable_type()->mutable_tensor_type()->set_elem_type(TensorProto::INT64);
         }),
         ErrorCode::kContent, "graph input 'x': is int64"},
        {"input overflow", graph([](auto& g) {
             auto* shape = g.mutable_input(0)->mutable_type()->mutable_tensor_type()->mutable_shape();
             shape->mutable_dim(1)->set_dim_value(kHuge);
             shape->add_dim()->set_dim_value(kHuge);
         }),
         ErrorCode::kContent, "overflows"},
        {"input of rank 9", graph([](auto& g) {
             auto* shape = g.mutable_input(0)->mutable_type()->mutable_tensor_type()->mutable_shape();
             while (shape->dim_size() < 9) shape->add_dim()->set_dim_value(1);
         }),
         ErrorCode::kContent, "graph input 'x': has 9 dimensions"},
        {"open input", graph([](auto& g) {
             g.mutable_input(0)
                 ->mutable_type()
                 ->mutable_tensor_type()
                 ->mutable_shape()
                 ->mutable_dim(1)
                 ->clear_value();
         }),
         ErrorCode::kUsage, "--input"},
        {"input twice", changed([](auto& m) {
             m.input("x", {-1, 4});
         }),
         ErrorCode::kContent, "two graph inputs have the name 'x'"},
        {"output twice", changed([](auto& m) { m.output("y"); }), ErrorCode::kContent, "'y' is listed twice"},
        {"output from nowhere", changed([](auto& m) { m.output("z"); }), ErrorCode::kContent,
         "graph output 'z' is made by no node"},
        {"made twice", changed([](auto& m) { m.node("Tanh", {"x"}, {"y"}); }), ErrorCode::kContent,
         "Tanh 'Tanh_y' makes 'y', which exists already"},
        {"input made", changed([](auto& m) { m.node("Tanh", {"y"}, {"x"}); }), ErrorCode::kContent,
         "makes 'x', which exists already"},
        {"initializer twice", changed([](auto& m) { m.floats("w", {1}, {1}).floats("w", {1}, {1}); }),
         ErrorCode::kContent, "two initializers have the name 'w'"},
        {"read from nowhere", changed([](auto& m) { m.node("Tanh", {"q"}, {"z"}); }), ErrorCode::kContent,
         "Tanh 'Tanh_z' reads 'q', which nothing makes"},
        {"cycle", changed([](auto& m) {
             m.node("Add", {"x", "b"}, {"a"});
             m.node("Tanh", {"a"}, {"b"});
             m.node("Tanh", {"b"}, {"c"});  // behind the cycle, not in it
         }),
         ErrorCode::kContent, "cycle through Add 'Add_a'"},
        {"name of control characters", changed([](auto& m) { m.node("Tanh", {"x"}, {"a\nb"}); }),
         ErrorCode::kContent, "not printable"},
        {"name of 1 MiB", changed([](auto& m) { m.node("Tanh", {"x"}, {std::string(1 << 20, 'n')}); }),
         ErrorCode::kContent, "1048576 bytes, the limit is 512"},
        {"20,001 nodes", changed([](auto& m) {
             for (int i = 0; i < 20'000; ++i) m.graph().add_node()->set_op_type("Relu");
         }),
         ErrorCode::kResource, "20001 nodes, the limit is 20000"},
        {"node without output", changed([](auto& m) { m.graph().add_node()->set_op_type("Relu"); }),
         ErrorCode::kContent, "Relu node '' has no output"},
        {"attribute twice",
         changed([](auto& m) { m.node("Elu", {"x"}, {"e"}).set("alpha", 1.f).set("alpha", 2.f); }),
         ErrorCode::kContent, "two attributes 'alpha'"},
        {"attribute of another kind", changed([](auto& m) { m.node("Elu", {"x"}, {"e"}).set("alpha", 1); }),
         ErrorCode::kContent, "Elu 'Elu_e': attribute \"alpha\" is of kind int"},
        {"attribute of a later opset",
         changed([](auto& m) { m.node("Cast", {"x"}, {"c"}).set("to", 1).set("saturate", 1); }),
         ErrorCode::kContent, "Cast of operator set 13 has no attribute 'saturate'"},
        {"too many inputs", changed([](auto& m) {
             m.node("Tanh", {"x", "x"}, {"t"});
         }),
         ErrorCode::kContent, "Tanh 'Tanh_t': 2 inputs"},
        {"too few inputs", changed([](auto& m) { m.node("Add", {"x"}, {"a"}); }), ErrorCode::kContent,
         "Add 'Add_a': has 1 inputs, expected 2"},
        {"input left out", changed([](auto& m) {
             m.node("Add", {"", "x"}, {"a"});
         }),
         ErrorCode::kContent, "Add 'Add_a': input 0 is missing"},
        {"shapes that do not fit", changed([](auto& m) {
             m.floats("w", {3}, {1, 2, 3}).node("Add", {"x", "w"}, {"a"});
         }),
         ErrorCode::kContent, "Add 'Add_a'"},
    });
}

TEST_CASE("tensors that are wrong are refused") {
    const auto spoilt = [](const std::function<void(TensorProto&)>& spoil) {
        return [spoil] { return with_tensor(spoil); };
    };
    const auto of_type = [&](int type) {
        return spoilt([type](TensorProto& tensor) { tensor.set_data_type(type); });
    };
    check_all({
        {"string", of_type(TensorProto::STRING), ErrorCode::kContent, "initializer 'w': element type string"},
        {"uint32", of_type(TensorProto::UINT32), ErrorCode::kContent, "element type uint32"},
        {"int8 beside floats", spoilt([](auto& t) {
             t.set_data_type(TensorProto::INT8);
             t.clear_float_data();
             t.clear_raw_data();
             for (int value : {1, -2, 3, -128}) t.add_int32_data(value);
         }),
         ErrorCode::kContent, "operands are float32 and int32"},
        {"complex64", of_type(TensorProto::COMPLEX64), ErrorCode::kContent, "element type complex64"},
        {"undefined", of_type(0), ErrorCode::kContent, "element type undefined"},
        {"unknown", of_type(99), ErrorCode::kContent, "element type type 99"},
        {"too few values", spoilt([](auto& t) { t.set_dims(0, 5); }), ErrorCode::kContent,
         "initializer 'w': holds 4 values, the shape 5 needs 5"},
        {"raw data cut", spoilt([](auto& t) { t.set_raw_data("123"); }), ErrorCode::kContent,
         "holds 0 values"},
        {"negative dimension", spoilt([](auto& t) { t.set_dims(0, -4); }), ErrorCode::kContent,
         "a dimension of -4"},
        {"overflow", spoilt([](auto& t) {
             t.set_dims(0, kHuge);
             t.add_dims(kHuge);
         }),
         ErrorCode::kContent, "overflows"},
        {"overflow in bytes", spoilt([](auto& t) { t.set_dims(0, std::int64_t{1} << 62); }),
         ErrorCode::kContent, "overflows"},
        {"rank 9", spoilt([](auto& t) {
             for (int i = 0; i < 8; ++i) t.add_dims(1);
         }),
         ErrorCode::kContent, "9 dimensions"},
        {"segments", spoilt([](auto& t) { t.mutable_segment()->set_begin(0); }), ErrorCode::kContent,
         "segments"},
        {"value out of range", spoilt([](auto& t) {
             t.set_data_type(TensorProto::UINT8);
             for (int value : {1, 2, 3, 256}) t.add_int32_data(value);
         }),
         ErrorCode::kContent, "value 256"},
        {"int8 out of range", spoilt([](auto& t) {
             t.set_data_type(TensorProto::INT8);
             for (int value : {1, 2, 3, -129}) t.add_int32_data(value);
         }),
         ErrorCode::kContent, "value -129"},
        {"bool of 2", spoilt([](auto& t) {
             t.set_data_type(TensorProto::BOOL);
             for (int value : {0, 1, 2, 1}) t.add_int32_data(value);
         }),
         ErrorCode::kContent, "bool of value 2"},
    });
}

TEST_CASE("external data is read beside the model and nowhere else") {
    const auto file = [](const std::string& location, const std::string& offset = "",
                         const std::string& length = "") {
        return [=] { return with_side_file(location, offset, length); };
    };
    check_all({
        {"folder above", file("../weights.bin"), ErrorCode::kContent, "'../weights.bin'"},
        {"folder below", file("sub/weights.bin"), ErrorCode::kContent, "plain name"},
        {"absolute", file("/etc/passwd"), ErrorCode::kContent, "'/etc/passwd'"},
        {"the folder itself", file("."), ErrorCode::kContent, "plain name"},
        {"the parent itself", file(".."), ErrorCode::kContent, "plain name"},
        {"NUL", file(std::string("weights.bin\0x", 13)), ErrorCode::kContent, "plain name"},
        {"no location", file(""), ErrorCode::kContent, "without a location"},
        {"link", file("link.bin"), ErrorCode::kContent, "symbolic link"},
        {"missing", file("missing.bin"), ErrorCode::kIo, "cannot open external data 'missing.bin'"},
        {"FIFO", file("fifo"), ErrorCode::kIo, "not a regular file"},
        {"a folder", file("sub"), ErrorCode::kIo, "not a regular file"},
        {"negative offset", file("weights.bin", "-1"), ErrorCode::kContent, "offset is '-1'"},
        {"offset past the end", file("weights.bin", "1"), ErrorCode::kContent, "16 bytes at offset 1"},
        {"huge offset", file("weights.bin", "9223372036854775807"), ErrorCode::kContent, "are not inside"},
        {"offset over 63 bits", file("weights.bin", "18446744073709551616"), ErrorCode::kContent,
         "offset is"},
        {"offset of words", file("weights.bin", "4k"), ErrorCode::kContent, "offset is '4k'"},
        {"wrong length", file("weights.bin", "0", "12"), ErrorCode::kContent, "length is 12"},
    });

    const TempFolder folder;
    write_file(folder / "weights.bin", std::string("\0\0\0\0\0\0\200?", 8) + std::string(12, '\0'));
    const Graph graph = import_onnx(with_side_file("weights.bin", "4", "16").save(folder));
    bool found = false;
    for (const Value& value : graph.values)
        if (value.constant) found = found || value.constant->data<float>()[0] == 1.f;
    CHECK(found);
}

TEST_CASE("all unsupported nodes are listed in one message") {
    const TempFolder folder;
    OnnxBuilder model(13);
    model.input("x", {-1, 4, 8, 8}).output("y");
    model.node("LSTM", {"x"}, {"a"});
    model.node("LSTM", {"a"}, {"b"});
    model.node("Loop", {"b"}, {"c"});
    model.node("FusedConv", {"c"}, {"d"}).proto()->set_domain("com.microsoft");
    model.ints("sizes", {1, 4, 16, 16});
    model.node("Resize", {"d", "", "", "sizes"}, {"e"}).set("mode", "area");
    model.node("BatchNormalization", {"e", "s", "s", "s", "s"}, {"f"});
    model.floats("s", {4}, {1, 1, 1, 1});
    model.node("BatchNormalization", {"f", "s", "s", "s", "s"}, {"g", "mean", "variance"});
    model.node("Upsample", {"g"}, {"h"});
    model.node("Pad", {"h", "pads"}, {"y"}).set("mode", "constant");
    model.ints("pads", {0, 0, 0, 0, 0, 0, 0, 0});
    const std::string path = model.save(folder);
    check_refused([&] { import_onnx(path); }, ErrorCode::kContent,
                  path +
                      ": 7 nodes are not supported:"
                      "\n  BatchNormalization, training mode: 1 node ('BatchNormalization_g')"
                      "\n  LSTM: 2 nodes ('LSTM_a', 'LSTM_b')"
                      "\n  Loop: 1 node ('Loop_c')"
                      "\n  Resize, mode area: 1 node ('Resize_e')"
                      "\n  Upsample, operator set 13: 1 node ('Upsample_h')"
                      "\n  com.microsoft.FusedConv: 1 node ('FusedConv_d')");
}

TEST_CASE("what only constants may do is listed too, when the network computes it") {
    const TempFolder folder;
    OnnxBuilder model(13);
    model.input("x", {-1, 4}).output("y").floats("zero", {1}, {0});
    model.node("Floor", {"x"}, {"above"});
    model.node("Where", {"above", "x", "zero"}, {"w"});  // passed over: its input is not known
    model.node("Mod", {"x", "zero"}, {"below"});
    model.node("Conv", {"x", "x"}, {"y"});
    check_refused([&] { import_onnx(model.save(folder)); }, ErrorCode::kContent, "3 nodes are not supported");
}
