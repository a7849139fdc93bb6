// dyce convert: an ONNX file or a state dict becomes a dyce model file.
#include "graph/passes/passes.h"
#include "graph/verify.h"
#include "loaders/format/model_file.h"
#include "loaders/import/classifier_outputs.h"
#include "loaders/import/onnx/onnx_import.h"
#include "loaders/import/state_dict.h"
#include "models/backbones.h"
#include "runtime/core/text.h"
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

OutputChoice output_choice(const Arguments& arguments) {
    OutputChoice choice;
    const std::string name = arguments.text("output", "");
    if (!has_extension(name, ".safetensors")) choice.name = name;
    if (arguments.has("activation")) {
        const std::vector<std::string> names(kActivationNames.begin(), kActivationNames.end());
        const std::string activation = arguments.choice("activation", "", names);
        const auto found = std::find(names.begin(), names.end(), activation);
        choice.activation = static_cast<OutputActivation>(found - names.begin());
    }
    return choice;
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

// Outputs that turn out to be no exits are dropped, too.
void drop_plain_outputs(Member& member, const Arguments& arguments, ClassifierOutputs& outputs) {
    std::vector<ValueId> kept;
    for (std::size_t i = 0; i < member.graph.outputs.size(); ++i) {
        const auto& heads = member.exits.heads;
        const bool is_head = std::any_of(heads.begin(), heads.end(), [&](const ExitHead& head) {
            return head.output == static_cast<int>(i);
        });
        if (i == 0 || is_head)
            kept.push_back(member.graph.outputs[i]);
        else
            outputs.dropped.push_back(member.graph.value(member.graph.outputs[i]).name);
    }
    if (kept.size() == member.graph.outputs.size()) return;
    member.graph.outputs = std::move(kept);
    simplify(member.graph);
    member.exits = exits_of(arguments, member.graph);
}

// What the answer is, in words.
std::string meaning_of(const ClassifierOutputs& outputs) {
    std::string text = in_quotes(outputs.name);
    if (!outputs.taken_off.empty()) text += " without its " + outputs.taken_off;
    if (outputs.one_logit) return text + ": one logit, that of class 1; class 0 has 0";
    switch (outputs.activation) {
        case OutputActivation::kSoftmax: return text + ": classes, by softmax";
        case OutputActivation::kSigmoid: return text + ": independent labels, by sigmoid";
        case OutputActivation::kNone: break;
    }
    return text + ": values, as they are";
}

void report(const std::string& path, const ModelData& model, const ClassifierOutputs& outputs) {
    const Member& member = model.last();
    std::cerr << path << ": " << member.architecture << ", " << model.classes << " classes, "
              << member.parameters << " parameters, " << member.macs << " multiply-adds per image, "
              << member.exits.sites.size() << " exit sites, " << member.exits.heads.size() << " heads\n";
    std::cerr << "output      " << meaning_of(outputs) << "\n";
    for (const std::string& name : outputs.dropped)
        std::cerr << "dropped     output " << in_quotes(name)
                  << ": says nothing new, or is no exit of as many classes\n";
}

int list_architectures() {
    for (const Backbone& backbone : backbones()) std::cout << backbone.name << "\n";
    return 0;
}

// The file to write: -o, or as before --output with a model's ending.
std::string model_output(const Arguments& arguments) {
    const std::string name = arguments.text("output", "");
    const char* option = !arguments.has("out") && has_extension(name, ".safetensors") ? "output" : "out";
    const auto file = arguments.text(option);
    if (!file) throw Error(ErrorCode::kUsage, "--output", "is missing: -o OUT.safetensors");
    if (!has_extension(*file, ".safetensors"))
        throw Error(ErrorCode::kUsage, "--output",
                    "\"" + *file + "\" given, expected a name ending in .safetensors");
    check_outputs(arguments, {{option}}, {"labels"});
    return *file;
}

int convert(const Arguments& arguments) {
    if (arguments.text("arch", "") == "list") return list_architectures();
    const std::string source = arguments.only_positional("SRC");
    const std::string output = model_output(arguments);

    Member member;
    member.graph = import_source(arguments, source);
    member.architecture = arguments.text("arch", std::filesystem::path(source).stem().string());
    member.preprocess = recipe_from(arguments, image_shape(member.graph));
    ClassifierOutputs outputs = resolve_outputs(member.graph, source, output_choice(arguments));
    member.activation = outputs.activation;
    member.parameters = count_parameters(backbone_of(member.graph));
    if (arguments.has("drop-class")) drop_class(member.graph, arguments.integer("drop-class", 0, 0, 100'000));
    simplify(member.graph);
    member.exits = exits_of(arguments, member.graph);
    drop_plain_outputs(member, arguments, outputs);
    member.storage = float_of(arguments, "store");
    ModelData model;
    if (const auto labels = arguments.text("labels"))
        model.labels = read_model_labels(*labels, classes_of(member.graph));
    model.members.push_back(std::move(member));
    save_model(output, model);

    if (!arguments.has("quiet")) report(output, *load_model(output), outputs);
    return 0;
}

}  // namespace

const Verb kConvert{
    "convert",
    "convert SRC -o OUT.safetensors",
    "makes a model file of an .onnx file, or of a state dict (.safetensors) with --arch NAME",
    {{"o,out", "FILE", "the model file to write (replaced atomically)"},
     {"output", "NAME", "the output that answers, where the file has several (the one most nodes lead to)"},
     {"activation", "NAME",
      "what it means: softmax (one class), sigmoid (independent labels) or none (as the graph ends)"},
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
