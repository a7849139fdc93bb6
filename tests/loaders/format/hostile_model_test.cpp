// Covers output_activation, outputs_json.
// Model files whose container is right and whose content is not.
#include "tests/loaders/format/bytes.h"
#include "tests/loaders/format/refusal.h"
#include "tests/loaders/format/tiny_model.h"
#include "tests/support/support.h"

#include <cmath>
#include <functional>
#include <string>

using namespace dyce;
using namespace dyce::test;

namespace {

const ErrorCode kContent = ErrorCode::kContent;
const ErrorCode kResource = ErrorCode::kResource;

// Saves the tiny model, changes its parts, and checks that the result is refused.
void check_model_refused(const std::function<void(ModelParts&)>& change, ErrorCode code,
                         const std::string& piece, const ModelLimits& limits = {}) {
    TempFolder folder;
    const std::string path = folder / "m.safetensors";
    save_model(path, tiny_model());
    ModelParts parts(path);
    change(parts);
    parts.write(path);
    check_refused([&] { load_model(path, limits); }, code, piece);
}

void check_graph_refused(const std::function<void(Json&)>& change, ErrorCode code, const std::string& piece,
                         const ModelLimits& limits = {}) {
    check_model_refused([&](ModelParts& parts) { parts.edit("dyce.graph", change); }, code, piece, limits);
}

Json conv(const std::string& input, const std::string& output, const std::string& weights, int pad) {
    return {{"name", output},
            {"op", "Conv"},
            {"inputs", {input, weights}},
            {"outputs", {output}},
            {"attributes", {{"pads", {pad, pad, pad, pad}}}}};
}

}  // namespace

TEST_CASE("hostile model: metadata") {
    struct Row {
        std::string name;
        std::function<void(ModelParts&)> change;
        std::string piece;
    };
    const auto erase = [](const char* key) {
        return [key](ModelParts& parts) { parts.metadata.erase(key); };
    };
    const auto set = [](const char* key, const std::string& text) {
        return [key, text](ModelParts& parts) { parts.metadata[key] = text; };
    };
    const Row rows[] = {
        {"no format", erase("dyce.format"),
         "m.safetensors: is not a dyce model: its metadata lack dyce.format"},
        {"no graph", erase("dyce.graph"), "the metadata lack dyce.graph"},
        {"no preprocessing", erase("dyce.preprocess"), "the metadata lack dyce.preprocess"},
        {"no digest", erase("dyce.digest"), "the metadata lack dyce.digest"},
        {"future format", set("dyce.format", "dyce.model/2"),
         "m.safetensors: dyce.format: found 'dyce.model/2', this version of dyce reads dyce.model/1"},
        {"key of the future", set("dyce.future", "{}"),
         "unknown metadata key 'dyce.future', a newer dyce may read it"},
        {"graph is no JSON", set("dyce.graph", "{"),
         "m.safetensors: dyce.graph: byte 1 (line 1): ends too early"},
        {"graph is a list", set("dyce.graph", "[]"),
         "dyce.graph: byte 0 (line 1): found array, expected object"},
        {"digest is a string", set("dyce.digest", "\"00\""),
         "dyce.digest: found string '00', expected an object"},
        {"wrong model digest",
         [](ModelParts& parts) {
             parts.edit("dyce.digest", [](Json& json) { json["model"] = std::string(32, '0'); });
         },
         "dyce.digest.model: found string '00000000000000000000000000000000', expected"},
        {"wrong preprocessing digest",
         [](ModelParts& parts) { parts.edit("dyce.preprocess", [](Json& json) { json["mean"][0] = 0.5; }); },
         "dyce.digest.preprocess: found string"},
        {"a weight changed",
         [](ModelParts& parts) { parts.tensors["conv1.weight"].mutable_data<float>()[5] += 1; },
         "dyce.digest.model: found string"},
        {"a name changed",
         [](ModelParts& parts) {
             parts.edit("dyce.graph", [](Json& json) { json["architecture"] = "other"; });
         },
         "it was changed or damaged"},
        {"a NaN weight",
         [](ModelParts& parts) { parts.tensors["conv2.bias"].mutable_data<float>()[4] = NAN; },
         "m.safetensors: tensor 'conv2.bias': holds an infinity or a NaN"},
        {"an infinite weight",
         [](ModelParts& parts) { parts.tensors["conv2.bias"].mutable_data<float>()[0] = -INFINITY; },
         "tensor 'conv2.bias': holds an infinity or a NaN"},
        {"too few labels", set("dyce.labels", R"(["a","b","c","d"])"), "dyce.labels: 4 labels for 5 classes"},
        {"too many labels", set("dyce.labels", R"(["a","b","c","d","e","f"])"), "6 labels for 5 classes"},
        {"a site named twice", set("dyce.exits", R"({"heads":[],"sites":["a","a"]})"),
         "m.safetensors: dyce.exits: site a: is named twice"},
        {"a site that is no value", set("dyce.exits", R"({"heads":[],"sites":["nowhere"]})"),
         "m.safetensors: dyce.exits: site nowhere: is not a value of rank 4"},
        {"outputs of another name", set("dyce.outputs", R"({"activation":"sigmoid","logits":"relu"})"),
         "m.safetensors: dyce.outputs.logits: found string 'relu', expected the first output of the graph, "
         "'logits'"},
        {"an unknown activation", set("dyce.outputs", R"({"activation":"tanh","logits":"logits"})"),
         "dyce.outputs.activation: found string 'tanh', expected softmax, sigmoid or none"},
        {"outputs without an activation", set("dyce.outputs", R"({"logits":"logits"})"), "dyce.outputs"},
        {"outputs with more", set("dyce.outputs", R"({"activation":"none","logits":"logits","x":1})"), "x"},
        {"another activation than the digest's",
         set("dyce.outputs", R"({"activation":"none","logits":"logits"})"),
         "dyce.digest.model: found string"},
        {"a number as label", set("dyce.labels", R"(["a","b",3,"d","e"])"),
         "dyce.labels[2]: found number 3, expected a string"},
        {"a control character in a label", set("dyce.labels", R"(["a","b\n","c","d","e"])"),
         "'b\\x0a' is not printable"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        check_model_refused(row.change, kContent, row.piece);
    }
}

TEST_CASE("hostile model: preprocessing") {
    struct Row {
        const char* key;
        std::string value;  // empty: the key is removed
        std::string piece;
    };
    const Row rows[] = {
        {"std", "[0.2,0,0.2]", "dyce.preprocess: std[1]"},
        {"std", "[0.2,-0.1,0.2]", "std[1]"},
        {"std", "[0.2,0.2]", "dyce.preprocess.std: found array, expected three numbers"},
        {"std", "[1e-60,1,1]", "std[0]"},
        {"mean", "[0,0,1e39]",
         "dyce.preprocess.mean[2]: found number 1e+39, expected a number in the range of float32"},
        {"mean", "[0,0,1e400]", "the number '1e400' is out of the range of double"},
        {"mean", "[0,0,\"x\"]", "mean[2]: found string 'x', expected a number"},
        {"mean", "0", "mean: found number 0, expected an array"},
        {"crop", "0", "dyce.preprocess.crop: found number 0, expected an integer in 1.."},
        {"crop", "NaN", "dyce.preprocess: byte 8 (line 1): no JSON value starts with 'N'"},
        {"crop", "8.0", "crop: found number 8.0, expected an integer"},
        {"crop", "9", "dyce.preprocess: crop"},
        {"crop", "1000000000", "crop"},
        {"resize", "0", "resize: found number 0, expected an integer in 1.."},
        {"resize", "-1", "resize: found number -1"},
        {"resize", "7", "crop"},
        {"resize", "1000000000", "dyce.preprocess: resize is 1000000000, expected"},
        {"height", "1000000000", "dyce.preprocess: height is 1000000000, expected 1..16384"},
        {"height", "9223372036854775807",
         "height: found number 9223372036854775807, expected an integer in 1.."},
        {"width", "0", "width: found number 0"},
        {"width", "", "dyce.preprocess: 'width' is missing"},
        {"interpolation", "\"area\"",
         "interpolation: found string 'area', expected one of bilinear, bicubic, nearest, box, hamming, "
         "lanczos"},
        {"resize", "[8]", "resize: found array, expected height and width"},
        {"resize", "[7,9]", "crop is 8, expected at most resize, 9x7"},
        {"longer", "8", "one of resize, longer and letterbox"},
        {"letterbox", "[8,8]", "one of resize, longer and letterbox"},
        {"crop", "[8,7]", "crop: found array, expected the height and width of the input"},
        {"channels", "2", "channels is 2, expected 3 or 1"},
        {"channels", "1", "colour is not grey"},
        {"colour", "\"cmyk\"", "found string 'cmyk', expected one of rgb, bgr, grey"},
        {"range", "256", "range: found number 256"},
        {"interpolation", "3", "interpolation: found number 3, expected a string"},
        {"gamma", "2", "dyce.preprocess: unknown key 'gamma'"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.key);
        CAPTURE(row.value);
        check_model_refused(
            [&](ModelParts& parts) {
                Json json = parse_json(parts.metadata["dyce.preprocess"], "");
                json.erase(row.key);
                std::string text = json.dump();
                // Written as text: not every value below is JSON.
                if (!row.value.empty())
                    text = "{\"" + std::string(row.key) + "\":" + row.value + "," + text.substr(1);
                parts.metadata["dyce.preprocess"] = text;
            },
            kContent, row.piece);
    }
}

TEST_CASE("hostile model: the recipe must make what the network takes") {
    const auto size = [](int height, int width) {
        return [height, width](ModelParts& parts) {
            parts.edit("dyce.preprocess", [&](Json& json) {
                json = {{"height", height},
                        {"width", width},
                        {"interpolation", "bilinear"},
                        {"mean", {0, 0, 0}},
                        {"std", {1, 1, 1}}};
            });
        };
    };
    check_model_refused(size(9, 8), kContent,
                        "dyce.graph: the input is float32 1x3x8x8, preprocessing makes float32 1x3x9x8");
    check_graph_refused(
        [](Json& json) {
            json["inputs"][0]["shape"] = {1, 1, 8, 8};
        },
        kContent, "m.safetensors: ");
    check_graph_refused([](Json& json) { json["inputs"] = Json::array(); }, kContent, "reads 'input'");
    check_graph_refused(
        [](Json& json) {
            json["inputs"].push_back({{"name", "second"}, {"dtype", "int64"}, {"shape", {1}}});
        },
        kContent, "dyce.graph: 2 inputs, expected 1");
}

TEST_CASE("hostile model: graph") {
    struct Row {
        std::string name;
        std::function<void(Json&)> change;
        std::string piece;
    };
    const auto attribute = [](const char* name, const Json& value) {
        return [name, value](Json& json) { json["nodes"][0]["attributes"][name] = value; };
    };
    const Row rows[] = {
        {"unknown op", [](Json& json) { json["nodes"][1]["op"] = "Rleu"; },
         "m.safetensors: dyce.graph: node 'relu'.op: found string 'Rleu', expected an operator of this "
         "version"},
        {"unknown domain", [](Json& json) { json["nodes"][1]["domain"] = "com.acme"; },
         "node 'relu'.op: found string 'Relu', expected an operator of this version in domain 'com.acme'"},
        {"extra attribute", attribute("strdies", {2, 2}),
         "m.safetensors: dyce.graph: node 'conv1'.attributes: unknown key 'strdies'"},
        {"attribute of another kind", attribute("strides", "2"),
         "node 'conv1'.attributes.strides: found string '2', expected an array"},
        {"fractional attribute", attribute("strides", {2, 2.5}),
         "node 'conv1'.attributes.strides[1]: found number 2.5, expected an integer"},
        {"missing attribute", [](Json& json) { json["nodes"][1]["op"] = "MaxPool"; },
         "m.safetensors: dyce.graph: relu: attribute \"kernel_shape\" is missing"},
        {"attributes are a list", [](Json& json) { json["nodes"][0]["attributes"] = {1}; },
         "node 'conv1'.attributes: found array, expected an object"},
        {"cycle", [](Json& json) { json["nodes"][0]["inputs"][0] = "relu"; },
         "m.safetensors: dyce.graph: node 'conv1': reads 'relu' before it is made by node 'relu': a cycle"},
        {"a node that reads itself", [](Json& json) { json["nodes"][1]["inputs"][0] = "relu"; }, "a cycle"},
        {"nodes out of order", [](Json& json) { std::swap(json["nodes"][0], json["nodes"][1]); },
         "node 'relu': reads 'conv1' before it is made by node 'conv1'"},
        {"a value made twice", [](Json& json) { json["nodes"][1]["outputs"][0] = "conv1"; },
         "node 'relu': makes 'conv1', which exists already"},
        {"an input made again", [](Json& json) { json["nodes"][1]["outputs"][0] = "input"; },
         "makes 'input', which exists already"},
        {"a tensor made again", [](Json& json) { json["nodes"][1]["outputs"][0] = "conv2.bias"; },
         "makes 'conv2.bias', which exists already"},
        {"missing tensor", [](Json& json) { json["nodes"][0]["inputs"][1] = "conv1.weights"; },
         "node 'conv1': reads 'conv1.weights', expected an input, a tensor of the file or an output"},
        {"unused tensor", [](Json& json) { json["nodes"][2]["inputs"].erase(2); },
         "m.safetensors: dyce.graph: no node reads the tensor 'conv2.bias'"},
        {"missing output", [](Json& json) { json["outputs"][0] = "logit"; },
         "dyce.graph.outputs[0]: reads 'logit', expected"},
        {"no output", [](Json& json) { json["outputs"] = Json::array(); }, "has no output"},
        {"an output that is no name", [](Json& json) { json["outputs"][0] = 3; },
         "dyce.graph.outputs[0]: found number 3, expected a string"},
        {"no name", [](Json& json) { json["nodes"][1].erase("name"); },
         "m.safetensors: dyce.graph.nodes[1]: 'name' is missing"},
        {"empty name", [](Json& json) { json["nodes"][1]["name"] = ""; },
         "dyce.graph.nodes[1].name: expected a name of printable UTF-8"},
        {"empty output name", [](Json& json) { json["nodes"][1]["outputs"][0] = ""; },
         "node 'relu'.outputs[0]: expected a name"},
        {"unknown node key", [](Json& json) { json["nodes"][1]["device"] = "gpu"; },
         "node 'relu': unknown key 'device'"},
        {"unknown graph key", [](Json& json) { json["version"] = 3; }, "unknown key 'version'"},
        {"a node that is no object", [](Json& json) { json["nodes"][1] = "relu"; },
         "dyce.graph.nodes[1]: found string 'relu', expected an object"},
        {"nodes are no list", [](Json& json) { json["nodes"] = 3; },
         "dyce.graph.nodes: byte 95 (line 1): found number, expected array"},
        {"no nodes", [](Json& json) { json["nodes"] = Json::array(); }, "reads 'logits', expected"},
        {"negative parameters", [](Json& json) { json["parameters"] = -1; },
         "dyce.graph.parameters: found number -1"},
        {"control character in the name", [](Json& json) { json["architecture"] = "a\x1b"; },
         "printable text"},
        {"unknown dtype", [](Json& json) { json["inputs"][0]["dtype"] = "float16"; },
         "inputs[0].dtype: found string 'float16', expected float32"},
        {"dimension 0", [](Json& json) { json["inputs"][0]["shape"][2] = 0; },
         "inputs[0].shape[2]: found number 0"},
        {"negative dimension", [](Json& json) { json["inputs"][0]["shape"][2] = -8; }, "found number -8"},
        {"rank 9", [](Json& json) { json["inputs"][0]["shape"] = std::vector<int>(9, 1); },
         "inputs[0].shape: found array, expected at most 8 dimensions"},
        {"batch of 2", [](Json& json) { json["inputs"][0]["shape"][0] = 2; },
         "m.safetensors: dyce.graph: input"},
        {"shape mismatch", [](Json& json) { json["nodes"][2]["inputs"][1] = "conv1.weight"; },
         "m.safetensors: dyce.graph"},
        {"too many inputs", [](Json& json) { json["nodes"][1]["inputs"].push_back("input"); },
         "m.safetensors: dyce.graph: relu: has 2 inputs, expected 1"},
        {"too few inputs", [](Json& json) { json["nodes"][1]["inputs"] = Json::array(); },
         "has 0 inputs, expected 1"},
        {"too many outputs", [](Json& json) { json["nodes"][1]["outputs"].push_back("more"); },
         "relu: has 2 outputs, expected 1"},
        {"kernel 0", attribute("kernel_shape", {0, 0}), "m.safetensors: dyce.graph: conv1: kernel_shape"},
        {"stride 0", attribute("strides", {0, 0}),
         "m.safetensors: dyce.graph: conv1: strides[0] is 0, expected 1"},
        {"negative pad", attribute("pads", {0, 0, -1, 0}), "conv1: pads[2] is -1, expected 0"},
        {"pad 2^31", attribute("pads", {0, 2147483648, 0, 0}), "conv1: pads[1] is 2147483648"},
        {"stride 2^63-1", attribute("strides", {1, INT64_MAX}), "conv1: strides[1]"},
        {"dilation 0", attribute("dilations", {0, 1}), "conv1: dilations[0]"},
        {"group 0", attribute("group", 0), "conv1: group is 0, expected a divisor"},
        {"group not dividing", attribute("group", 2), "conv1: group is 2, expected a divisor of 3 input"},
        {"window larger than the input", attribute("dilations", {30, 30}), "conv1: "},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        check_graph_refused(row.change, kContent, row.piece);
    }
}

TEST_CASE("hostile model: networks over a limit") {
    const auto chain = [](int count) {
        return [count](Json& json) {
            Json nodes = Json::array();
            for (int i = 0; i < count; ++i)
                nodes.push_back({{"name", "r" + std::to_string(i)},
                                 {"op", "Relu"},
                                 {"inputs", {i == 0 ? "input" : "v" + std::to_string(i - 1)}},
                                 {"outputs", {"v" + std::to_string(i)}}});
            json["nodes"] = nodes;
            json["outputs"] = {"v" + std::to_string(count - 1)};
        };
    };
    check_graph_refused(chain(20'001), kResource,
                        "m.safetensors: dyce.graph: more nodes, the limit is 20000");
    check_graph_refused(chain(20'000), kContent, "no node reads the tensor");  // the next check
    check_model_refused(
        [](ModelParts& parts) {
            const std::string node = R"({"name":"n","op":"Relu","inputs":[],"outputs":[]},)";
            parts.metadata["dyce.graph"] = "{\"nodes\":[" + repeat(node, 200'000) + "{}]}";
        },
        kResource, "m.safetensors: dyce.graph: more nodes, the limit is 20000");
    check_graph_refused(
        [](Json& json) { json["nodes"][0]["inputs"] = std::vector<std::string>(20'000, "input"); }, kResource,
        "m.safetensors: dyce.graph.nodes: too many values");
    check_graph_refused(
        [](Json& json) {
            json["nodes"][1]["inputs"] = std::vector<std::string>(5000, "input");
            json["nodes"] = std::vector<Json>(80, json["nodes"][1]);
        },
        kResource, "m.safetensors: dyce.graph: more inputs and outputs of nodes, the limit is 320000");

    const auto blow_up = [](Json& json) {
        json["nodes"][0]["attributes"]["pads"] = {32768, 32768, 32768, 32768};
    };
    check_graph_refused(blow_up, kResource, "conv1: activations exceed the limit of 4294967296 bytes");

    ModelLimits few_classes;
    few_classes.graph.classes = 4;
    check_graph_refused([](Json&) {}, kResource, "dyce.graph: 5 classes, the limit is 4", few_classes);
    ModelLimits small;
    small.container.file_bytes = 1000;
    check_graph_refused([](Json&) {}, kResource, "the limit is 1000", small);

    TempFolder folder;
    const std::string path = folder / "m.safetensors";
    save_model(path, tiny_model());
    few_classes.graph.classes = 5;
    few_classes.graph.nodes = 3;
    CHECK(load_model(path, few_classes)->classes == 5);
}

TEST_CASE("hostile model: arithmetic that overflows") {
    ModelLimits limits;
    limits.graph.activation_bytes = INT64_MAX;
    // Shared 1x1 weights; the first layers pad: 1024 channels whose sides grow by 65,536.
    const auto deep = [](int padding, int layers) {
        return [=](ModelParts& parts) {
            parts.tensors.clear();
            parts.tensors["first"] = Tensor(DataType::kFloat32, {1024, 3, 1, 1});
            parts.tensors["w"] = Tensor(DataType::kFloat32, {1024, 1024, 1, 1});
            parts.edit("dyce.graph", [&](Json& json) {
                json["nodes"] = Json::array({conv("input", "v0", "first", 32768)});
                for (int i = 1; i < layers; ++i)
                    json["nodes"].push_back(conv("v" + std::to_string(i - 1), "v" + std::to_string(i), "w",
                                                 i < padding ? 32768 : 0));
                json["outputs"] = {"v" + std::to_string(layers - 1)};
            });
        };
    };
    check_model_refused(deep(4, 200), kContent, "overflow 63 bits", limits);
    check_model_refused(deep(9, 60), kContent, "v7: 1x1024x524296x524296 has more than 2^48 elements",
                        limits);
    check_model_refused(
        [](ModelParts& parts) {
            parts.tensors["conv2.weight"] = Tensor(DataType::kFloat32, {0, 4, 4, 4});
            parts.tensors["conv2.bias"] = Tensor(DataType::kFloat32, {0});
        },
        kContent, "dyce.graph: the first output has no elements");
}
