// dyce convert: an ONNX file or a state dict becomes a dyce model file.
#include "graph/passes/passes.h"
#include "graph/verify.h"
#include "loaders/format/model_file.h"
#include "loaders/import/onnx/onnx_import.h"
#include "loaders/import/state_dict.h"
#include "models/backbones.h"
#include "tools/cli/file_name.h"
#include "tools/cli/inputs.h"
#include "tools/cli/output_paths.h"
#include "tools/verbs/recipe.h"
#include "tools/verbs/verbs.h"

#include <dyce/error.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <optional>

namespace dyce {
namespace {

Shape parse_input_shape(const std::string& text) {
    const auto parts = split(text, 'x');
    if (parts.size() != 3)
        throw Error(ErrorCode::kUsage, "--input", "\"" + text + "\" given, expected CxHxW as 3x224x224");
    Shape shape;
    for (const std::string& part : parts) shape.push_back(parse_integer(part, "--input", 1, 16'384));
    return shape;
}

Graph import_source(const Arguments& arguments, const std::string& source) {
    std::optional<Shape> input;
    if (const auto text = arguments.text("input")) input = parse_input_shape(*text);
    if (has_extension(source, ".onnx")) {
        if (arguments.has("arch"))
            throw Error(ErrorCode::kUsage, "--arch", "an .onnx file brings its own architecture");
        OnnxOptions options;
        if (input) options.input_shape.assign(input->begin(), input->end());
        return import_onnx(source, options);
    }
    const auto arch = arguments.text("arch");
    if (!arch)
        throw Error(ErrorCode::kUsage, source,
                    "is not an .onnx file; a state dict needs --arch NAME (`--arch list` shows them)");
    return import_state_dict(source, *arch, input);
}

// The classifier's logits first: the output that the most nodes lead to. ONNX lists outputs in any order.
void put_classifier_first(Graph& graph) {
    std::size_t best = 0, best_nodes = 0;
    for (std::size_t i = 0; i < graph.outputs.size(); ++i) {
        Graph alone = graph;
        alone.outputs = {graph.outputs[i]};
        remove_dead_code(alone);
        if (alone.nodes.size() > best_nodes) best = i, best_nodes = alone.nodes.size();
    }
    std::rotate(graph.outputs.begin(), graph.outputs.begin() + static_cast<std::ptrdiff_t>(best),
                graph.outputs.begin() + static_cast<std::ptrdiff_t>(best) + 1);
}

// Every output that has the classifier's width loses column `dropped`.
void drop_class(Graph& graph, std::int64_t dropped) {
    const auto types = infer_types(graph);
    const std::int64_t classes = types[static_cast<std::size_t>(graph.outputs[0])].shape[-1];
    if (dropped >= classes)
        throw Error(
            ErrorCode::kUsage, "--drop-class",
            std::to_string(dropped) + " given, the network has classes 0 to " + std::to_string(classes - 1));
    Tensor kept(DataType::kInt64, {classes - 1});
    for (std::int64_t i = 0; i < classes - 1; ++i)
        kept.mutable_data<std::int64_t>()[i] = i < dropped ? i : i + 1;
    const ValueId indices = graph.add_value("kept_classes", kept);
    for (ValueId& output : graph.outputs) {
        const Shape& shape = types[static_cast<std::size_t>(output)].shape;
        if (shape.rank() != 2 || shape[1] != classes) continue;
        const std::string name = graph.value(output).name + "_kept";
        const ValueId result = graph.add_value(name);
        graph.nodes.push_back(
            {find_op("Gather"), name, {{"axis", std::int64_t{1}}}, {output, indices}, {result}, {}});
        output = result;
    }
}

Shape image_shape(const Graph& graph) {
    if (graph.inputs.size() != 1)
        throw Error(ErrorCode::kContent, "graph",
                    "has " + std::to_string(graph.inputs.size()) + " inputs, a classifier of images has one");
    const Shape& shape = graph.inputs[0].type.shape;
    if (shape.rank() != 4)
        throw Error(ErrorCode::kContent, graph.value(graph.inputs[0].value).name,
                    "input has shape " + shape.to_string() + ", expected NxCxHxW");
    return Shape(shape.begin() + 1, shape.end());
}

int classes_of(const Graph& graph) {
    const auto types = infer_types(graph);
    return static_cast<int>(types[static_cast<std::size_t>(graph.outputs[0])].shape[-1]);
}

Graph backbone_of(Graph graph) {
    graph.outputs.resize(1);
    remove_dead_code(graph);
    return graph;
}

ExitTable exits_of(const Arguments& arguments, const Graph& graph) {
    const auto names = arguments.text("sites-at");
    const auto architecture = arguments.text("arch");
    if (!names)
        return find_exits(
            graph, architecture ? find_backbone(*architecture).site_names() : std::vector<std::string>());
    try {
        return find_exits(graph, split(*names, ','));
    } catch (const Error& error) {
        throw Error(ErrorCode::kUsage, "--sites-at: " + error.where(), error.message());
    }
}

void report(const std::string& path, const ModelData& model) {
    const Member& member = model.last();
    std::cerr << path << ": " << member.architecture << ", " << model.classes << " classes, "
              << member.parameters << " parameters, " << member.macs << " multiply-adds per image, "
              << member.exits.sites.size() << " exit sites, " << member.exits.heads.size() << " heads\n";
    const std::size_t plain = member.graph.outputs.size() - 1 - member.exits.heads.size();
    if (plain > 0)
        std::cerr << plain << " further outputs are no exit heads (one reads a single feature map and makes "
                  << model.classes << " logits); only `dyce run` computes them\n";
}

int list_architectures() {
    for (const Backbone& backbone : backbones()) std::cout << backbone.name << "\n";
    return 0;
}

int convert(const Arguments& arguments) {
    if (arguments.text("arch", "") == "list") return list_architectures();
    const std::string source = arguments.only_positional("SRC");
    const std::string output = arguments.required("output", "-o OUT.safetensors");
    if (!has_extension(output, ".safetensors"))
        throw Error(ErrorCode::kUsage, "--output",
                    "\"" + output + "\" given, expected a name ending in .safetensors");
    check_outputs(arguments, {{"output"}}, {"labels"});

    Member member;
    member.graph = import_source(arguments, source);
    member.architecture = arguments.text("arch", std::filesystem::path(source).stem().string());
    member.preprocess = recipe_from(arguments, image_shape(member.graph));
    put_classifier_first(member.graph);
    member.parameters = count_parameters(backbone_of(member.graph));
    if (arguments.has("drop-class")) drop_class(member.graph, arguments.integer("drop-class", 0, 0, 100'000));
    simplify(member.graph);
    member.exits = exits_of(arguments, member.graph);
    member.storage = float_of(arguments, "store");
    ModelData model;
    if (const auto labels = arguments.text("labels"))
        model.labels = read_model_labels(*labels, classes_of(member.graph));
    model.members.push_back(std::move(member));
    save_model(output, model);

    if (!arguments.has("quiet")) report(output, *load_model(output));
    return 0;
}

}  // namespace

const Verb kConvert{
    "convert",
    "convert SRC -o OUT.safetensors",
    "makes a model file of an .onnx file, or of a state dict (.safetensors) with --arch NAME",
    {{"o,output", "FILE", "the model file to write (replaced atomically)"},
     {"arch", "NAME", "architecture of a state dict; `list` shows the names"},
     {"preset", "NAME", "imagenet or cifar10: how images are prepared; further flags override it"},
     {"input", "CxHxW", "shape of one image, where the file leaves it open"},
     {"mean", "a,b,c", "subtracted from channel values in 0..1"},
     {"std", "a,b,c", "then divided by"},
     {"resize", "N|none", "shorter side after an antialiased resize"},
     {"crop", "N|none", "side of the centre crop"},
     {"interpolation", "NAME", "bilinear or bicubic"},
     {"labels", "FILE", "one class name per line"},
     {"sites-at", "NAME,..", "values that exit heads may read, instead of every block's output"},
     {"store", "NAME", "weights in the file: f32, or rounded to bf16 at half the size (f32)"},
     {"drop-class", "K", "remove class K from the output (0 = a background class)"}},
    convert};

}  // namespace dyce
