// dyce convert: an ONNX file or a state dict becomes a dyce model file.
#include "graph/exits/import_sites.h"
#include "graph/passes/passes.h"
#include "graph/verify.h"
#include "loaders/format/model_file.h"
#include "loaders/import/classifier_outputs.h"
#include "loaders/import/image_input.h"
#include "loaders/import/onnx/onnx_import.h"
#include "loaders/import/state_dict.h"
#include "models/backbones.h"
#include "runtime/core/text.h"
#include "tools/cli/file_name.h"
#include "tools/cli/inputs.h"
#include "tools/cli/output_paths.h"
#include "tools/verbs/convert_check.h"
#include "tools/verbs/recipe.h"
#include "tools/verbs/site_values.h"
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

Graph import_source(const Arguments& arguments, const std::string& source, OnnxFacts& facts) {
    std::optional<Shape> input;
    if (const auto text = arguments.text("input")) input = parse_input_shape(*text);
    if (has_extension(source, ".onnx")) {
        if (arguments.has("arch"))
            throw Error(ErrorCode::kUsage, "--arch", "an .onnx file brings its own architecture");
        OnnxOptions options;
        if (input) options.input_shape.assign(input->begin(), input->end());
        options.accept_bytes = true;
        return import_onnx(source, options, &facts);
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

int classes_of(const Graph& graph) {
    const auto types = infer_types(graph);
    return static_cast<int>(types[static_cast<std::size_t>(graph.outputs[0])].shape[-1]);
}

Graph backbone_of(Graph graph) {
    graph.outputs.resize(1);
    remove_dead_code(graph);
    return graph;
}

std::vector<Site> sites_of_network(const Arguments& arguments, const Graph& graph) {
    if (const auto names = arguments.text("sites-at")) {
        try {
            return find_import_sites(graph, split(*names, ','));
        } catch (const Error& error) {
            throw Error(ErrorCode::kUsage, "--sites-at: " + error.where(), error.message());
        }
    }
    const auto architecture = arguments.text("arch");
    const auto blocks = architecture ? find_backbone(*architecture).site_names() : std::vector<std::string>();
    return blocks.empty() ? find_import_sites(graph) : find_sites(graph, blocks);
}

// --prefix-tokens, in place of what the graph tells.
void set_prefix(const Arguments& arguments, const Graph& graph, std::vector<Site>& sites) {
    if (!arguments.has("prefix-tokens")) return;
    const std::int64_t count = arguments.integer("prefix-tokens", 0, 0, 65'536);
    bool has_tokens = false;
    for (Site& site : sites) {
        if (site.layout != SiteLayout::kTokens) continue;
        has_tokens = true;
        if (count == site.tokens.prefix) continue;
        try {
            set_tokens(graph, site, {count, 0, 0});
        } catch (const Error& error) {
            throw Error(ErrorCode::kUsage, "--prefix-tokens: " + error.where(), error.message());
        }
    }
    if (!has_tokens) throw Error(ErrorCode::kUsage, "--prefix-tokens", "no site of the network has tokens");
}

ExitTable exits_of(const Arguments& arguments, const Graph& graph) {
    std::vector<Site> sites = sites_of_network(arguments, graph);
    set_prefix(arguments, graph, sites);
    return find_exits_at(graph, std::move(sites));
}

BatchNorms norms_of(const Arguments& arguments) {
    return arguments.has("keep-norms") ? BatchNorms::kKeep : BatchNorms::kFold;
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
    simplify(member.graph, norms_of(arguments));
    member.exits = exits_of(arguments, member.graph);
}

std::string activation_text(const ClassifierOutputs& outputs, int classes) {
    if (outputs.one_logit) return "sigmoid of one logit: that of class 1, class 0 has the logit 0";
    const std::string count = std::to_string(classes);
    switch (outputs.activation) {
        case OutputActivation::kSoftmax: return "softmax over " + count + " classes";
        case OutputActivation::kSigmoid: return "sigmoid of each of " + count + " independent labels";
        case OutputActivation::kNone: break;
    }
    return "none: " + count + " values as they are";
}

std::string sites_text(const Member& member) {
    const std::vector<Site>& sites = member.exits.sites;
    std::string text = std::to_string(sites.size());
    for (std::size_t i = 0; i < std::min<std::size_t>(sites.size(), 3); ++i)
        text += (i == 0 ? ": " : ", ") + sites[i].name;
    text += sites.size() > 3 ? ", .." : "";
    if (sites.empty() || sites.back().layout == SiteLayout::kChannelsFirst) return text;
    const auto types = infer_types(member.graph);
    const Shape& shape = types[static_cast<std::size_t>(sites.back().value)].shape;
    return text + " (" + positions_text(shape, sites.back()) + ")";
}

// What was recognised, in five lines.
void report(const std::string& path, const ModelData& model, const ClassifierOutputs& outputs,
            bool channels_last) {
    const Member& member = model.last();
    std::cerr << path << ": " << member.architecture << ", " << model.classes << " classes, "
              << member.parameters << " parameters, " << member.macs << " multiply-adds per image, "
              << member.exits.sites.size() << " exit sites, " << member.exits.heads.size() << " heads\n";
    std::string dropped;
    for (const std::string& name : outputs.dropped)
        dropped += (dropped.empty() ? "; dropped: " : ", ") + in_quotes(name);
    std::cerr << "output      " << in_quotes(outputs.name)
              << (outputs.taken_off.empty() ? "" : " without its " + outputs.taken_off) << dropped << "\n"
              << "activation  " << activation_text(outputs, model.classes) << "\n"
              << "recipe      " << recipe_text(member.preprocess) << "\n"
              << "layout      NxCxHxW" << (channels_last ? ", of the file's NxHxWxC" : "") << "\n"
              << "sites       " << sites_text(member) << "\n";
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
    check_outputs(arguments, {{option}}, {"labels", "recipe", "check"});
    return *file;
}

int convert(const Arguments& arguments) {
    if (arguments.text("arch", "") == "list") return list_architectures();
    const std::string source = arguments.only_positional("SRC");
    const std::string output = model_output(arguments);
    if (arguments.has("check") && arguments.has("drop-class"))
        throw Error(ErrorCode::kUsage, "--check", "excludes --drop-class");

    Member member;
    OnnxFacts facts;
    member.graph = import_source(arguments, source, facts);
    member.architecture = arguments.text("arch", std::filesystem::path(source).stem().string());
    const Shape declared = member.graph.inputs.empty() ? Shape() : member.graph.inputs[0].type.shape;
    const Shape image = take_channels_first(member.graph);
    const bool channels_last = member.graph.inputs[0].type.shape != declared;
    member.preprocess = recipe_from(arguments, image, facts.takes_bytes);
    ClassifierOutputs outputs = resolve_outputs(member.graph, source, output_choice(arguments));
    member.activation = outputs.activation;
    member.parameters = count_parameters(backbone_of(member.graph));
    if (arguments.has("drop-class")) drop_class(member.graph, arguments.integer("drop-class", 0, 0, 100'000));
    simplify(member.graph, norms_of(arguments));
    member.exits = exits_of(arguments, member.graph);
    drop_plain_outputs(member, arguments, outputs);
    member.storage = float_of(arguments, "store");
    ModelData model;
    if (const auto labels = arguments.text("labels"))
        model.labels = read_model_labels(*labels, classes_of(member.graph));
    model.members.push_back(std::move(member));
    save_model(output, model);

    if (arguments.has("quiet") && !arguments.has("check")) return 0;
    const auto saved = load_model(output);
    if (!arguments.has("quiet")) report(output, *saved, outputs, channels_last);
    const auto arrays = arguments.text("check");
    return !arrays || check_conversion(*arrays, *saved, outputs) ? 0 : 1;
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
     {"preset", "NAME",
      "how images are prepared: imagenet, cifar10, timm, keras:tf, keras:caffe, keras:torch or "
      "torchvision:ENTRY (as torchvision:ResNet50_Weights.IMAGENET1K_V2); further flags override it"},
     {"recipe", "FILE",
      "the same from timm's config.json, Hugging Face's preprocessor_config.json, or our own"},
     {"input", "CxHxW", "shape of one image, where the file leaves it open"},
     {"mean", "a[,b,c]", "subtracted from the values of the network's channels"},
     {"std", "a[,b,c]", "then divided by"},
     {"resize", "N|WxH|none", "shorter side, or both sides, after an antialiased resize"},
     {"longer", "N", "longer side after it"},
     {"letterbox", "WxH[:r,g,b]",
      "as much of these sides as the image's shape allows, the rest filled (black)"},
     {"crop", "N|WxH|none", "sides of the centre crop"},
     {"interpolation", "NAME", "Pillow's bilinear, bicubic, nearest, box, hamming or lanczos"},
     {"range", "1|255", "channel values before mean and std are 0..1 (1) or 0..255 (bytes as input: 255)"},
     {"colour", "NAME", "order of the network's channels: rgb, bgr or grey"},
     {"labels", "FILE", "one class name per line"},
     {"sites-at", "NAME,..",
      "values that exit heads may read, instead of every block's output (`dyce inspect --values` lists "
      "them)"},
     {"prefix-tokens", "N",
      "of the tokens at every site the first N are no patches (as the network joins them)"},
     {"store", "NAME", "weights in the file: f32, or rounded to bf16 at half the size (f32)"},
     {"keep-norms", "",
      "batch norms stay in the file, for `dyce compress` and `dyce train --fine-tune`; the network runs "
      "slower"},
     {"check", "FILE.npz",
      "arrays named as the network's input and outputs: exit code 1 where the model answers otherwise, or an "
      "image's answer depends on its batch"},
     {"drop-class", "K", "remove class K from the output (0 = a background class)"}},
    convert};

}  // namespace dyce
