// dyce run: raw tensors through a model or an ONNX file.
#include "graph/interpreter.h"
#include "loaders/format/model_file.h"
#include "loaders/format/npy.h"
#include "loaders/import/onnx/onnx_import.h"
#include "runtime/exec/executor.h"
#include "tools/cli/compare.h"
#include "tools/cli/file_name.h"
#include "tools/cli/output_paths.h"
#include "tools/verbs/verbs.h"

#include <dyce/error.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>

namespace dyce {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

using NamedTensors = std::map<std::string, Tensor>;

Tensor read_tensor(const std::string& path) {
    if (has_extension(path, ".npy")) return read_npy(path);
    if (has_extension(path, ".pb")) return read_tensor_proto(path);
    throw Error(ErrorCode::kUsage, path, "is neither .npy nor .pb");
}

// prefix_0.pb, prefix_1.pb, .. as far as they go.
std::vector<Tensor> read_numbered(const std::string& folder, const std::string& prefix) {
    std::vector<Tensor> tensors;
    for (;;) {
        const fs::path path = fs::path(folder) / (prefix + "_" + std::to_string(tensors.size()) + ".pb");
        if (!fs::exists(path)) return tensors;
        tensors.push_back(read_tensor_proto(path.string()));
    }
}

std::vector<Tensor> given_inputs(const Arguments& arguments, const std::vector<std::string>& names) {
    if (const auto folder = arguments.text("vectors")) {
        auto tensors = read_numbered(*folder, "input");
        if (tensors.size() > names.size())
            throw Error(ErrorCode::kContent, *folder,
                        std::to_string(tensors.size()) + " input files, the model has " +
                            std::to_string(names.size()) + " inputs");
        return tensors;
    }
    std::vector<Tensor> tensors(names.size());
    std::size_t next = 0;
    for (const std::string& text : arguments.list("input")) {
        const auto equals = text.find('=');
        const bool named = equals != std::string::npos && !fs::exists(text);
        std::size_t position = next;
        if (named) {
            const auto found = std::find(names.begin(), names.end(), text.substr(0, equals));
            if (found == names.end())
                throw Error(ErrorCode::kUsage, "--input",
                            "the model has no input \"" + text.substr(0, equals) + "\"");
            position = static_cast<std::size_t>(found - names.begin());
        }
        if (position >= names.size())
            throw Error(ErrorCode::kUsage, "--input",
                        "more files than the model's " + std::to_string(names.size()) + " inputs");
        tensors[position] = read_tensor(named ? text.substr(equals + 1) : text);
        next = position + 1;
    }
    for (std::size_t i = 0; i < names.size(); ++i)
        if (tensors[i].bytes() == nullptr)
            throw Error(ErrorCode::kUsage, "--input", "nothing given for input \"" + names[i] + "\"");
    return tensors;
}

struct Problem {
    Graph graph;
    std::vector<Tensor> inputs;  ///< of graph.inputs
};

// Integers and weights given as graph inputs become constants before the graph is built.
Problem onnx_problem(const Arguments& arguments, const std::string& path) {
    const auto declared = onnx_inputs(path);
    std::vector<std::string> names;
    for (const OnnxInput& input : declared) names.push_back(input.name);
    const auto tensors = given_inputs(arguments, names);
    OnnxOptions options;
    options.batched = false;
    Problem problem;
    for (std::size_t i = 0; i < tensors.size(); ++i) {
        if (declared[i].parameter || tensors[i].dtype() != DataType::kFloat32)
            options.bindings[names[i]] = tensors[i];
        else
            problem.inputs.push_back(tensors[i]);
    }
    if (problem.inputs.size() == 1)  // open dimensions take the given tensor's
        options.input_shape.assign(problem.inputs[0].shape().begin(), problem.inputs[0].shape().end());
    problem.graph = import_onnx(path, options);
    return problem;
}

Problem model_problem(const Arguments& arguments, const std::string& path) {
    Problem problem;
    problem.graph = load_model(path)->last().graph;
    std::vector<std::string> names;
    for (const GraphInput& input : problem.graph.inputs)
        names.push_back(problem.graph.value(input.value).name);
    problem.inputs = given_inputs(arguments, names);
    return problem;
}

std::vector<Tensor> compute(const Arguments& arguments, const Problem& problem) {
    if (arguments.has("reference")) return interpret(problem.graph, problem.inputs);
    int rows = 1;
    if (problem.graph.batched && !problem.inputs.empty() && problem.inputs[0].shape().rank() > 0)
        rows = static_cast<int>(std::min<std::int64_t>(problem.inputs[0].shape()[0], 4096));
    Executor executor(CompiledModel::compile(problem.graph, {.max_batch = std::max(rows, 1)}));
    return executor.run(problem.inputs);
}

std::string output_name(const Graph& graph, std::size_t i) { return graph.value(graph.outputs[i]).name; }

// Names become file names: anything but letters, digits, '.', '_' and '-' is replaced.
std::string npy_name(std::string name) {
    for (char& c : name)
        if (!std::isalnum(static_cast<unsigned char>(c)) && c != '.' && c != '_' && c != '-') c = '_';
    return name + ".npy";
}

std::string output_file(const std::string& folder, const Graph& graph, std::size_t i) {
    return (fs::path(folder) / npy_name(output_name(graph, i))).string();
}

// Different names can make one file name; a value that is an output twice is one file by right.
void check_output_files(const Arguments& arguments, const std::string& folder, const Graph& graph) {
    std::vector<NamedPath> files;
    for (std::size_t i = 0; i < graph.outputs.size(); ++i) {
        const auto here = graph.outputs.begin() + static_cast<std::ptrdiff_t>(i);
        if (std::find(graph.outputs.begin(), here, *here) == here)
            files.push_back({"output " + output_name(graph, i), output_file(folder, graph, i)});
    }
    check_outputs(files, input_files(arguments, {kPositionals, "input"}));
}

int compare_with(const Arguments& arguments, const Graph& graph, const std::vector<Tensor>& outputs,
                 const std::vector<Tensor>& expected) {
    if (expected.size() > outputs.size() || expected.empty())
        throw Error(ErrorCode::kContent, "--vectors",
                    std::to_string(expected.size()) + " output files, the model has " +
                        std::to_string(outputs.size()) + " outputs");
    const Tolerance tolerance{arguments.real("rtol", 1e-4, 0, 1e9), arguments.real("atol", 1e-6, 0, 1e9)};
    ordered_json document = {{"schema", "dyce.run/1"}, {"outputs", ordered_json::array()}};
    bool all_fit = true;
    for (std::size_t i = 0; i < expected.size(); ++i) {
        const Comparison result = compare(outputs[i], expected[i], tolerance);
        all_fit = all_fit && result.fits;
        document["outputs"].push_back(
            {{"name", output_name(graph, i)},
             {"shape", std::vector<std::int64_t>(outputs[i].shape().begin(), outputs[i].shape().end())},
             {"max_abs_error", result.max_absolute},
             {"max_rel_error", result.max_relative},
             {"ok", result.fits}});
        if (!arguments.has("json"))
            std::printf("%s  %s  max abs %.3g  max rel %.3g  %s\n", output_name(graph, i).c_str(),
                        outputs[i].shape().to_string().c_str(), result.max_absolute, result.max_relative,
                        result.fits ? "ok" : result.problem.c_str());
    }
    if (arguments.has("json")) std::cout << document.dump(2) << "\n";
    return all_fit ? 0 : 1;
}

void print_summary(const Graph& graph, const std::vector<Tensor>& outputs) {
    for (std::size_t i = 0; i < outputs.size(); ++i)
        std::cout << output_name(graph, i) << "  " << name_of(outputs[i].dtype()) << "  "
                  << outputs[i].shape().to_string() << "\n";
}

int run(const Arguments& arguments) {
    if (arguments.positionals().size() != 1)
        throw Error(ErrorCode::kUsage, "MODEL", "give one model or .onnx file");
    const std::string path = arguments.positionals()[0];
    const Problem problem =
        has_extension(path, ".onnx") ? onnx_problem(arguments, path) : model_problem(arguments, path);
    const auto folder = arguments.text("output");
    if (folder) check_output_files(arguments, *folder, problem.graph);
    const auto outputs = compute(arguments, problem);
    if (folder) {
        std::error_code error;
        fs::create_directories(*folder, error);
        if (error) throw Error(ErrorCode::kIo, *folder, "cannot create the folder: " + error.message());
        for (std::size_t i = 0; i < outputs.size(); ++i)
            write_npy(output_file(*folder, problem.graph, i), outputs[i]);
    }
    if (const auto vectors = arguments.text("vectors"))
        return compare_with(arguments, problem.graph, outputs, read_numbered(*vectors, "output"));
    print_summary(problem.graph, outputs);
    return 0;
}

}  // namespace

const Verb kRun{
    "run",
    "run MODEL|FILE.onnx --input [NAME=]FILE.npy|.pb ...",
    "computes raw tensors, or checks an operator test of ONNX (--vectors)",
    {{"input", "[NAME=]FILE", "a tensor as .npy or .pb, in the order of the inputs or by name", true},
     {"output", "DIR", "write every output there as NAME.npy"},
     {"vectors", "DIR", "input_K.pb go in, output_K.pb are expected; exit 1 when one is out of tolerance"},
     {"rtol", "X", "relative tolerance (1e-4)"},
     {"atol", "X", "absolute tolerance (1e-6)"},
     {"reference", "", "plain loops instead of the compiled executor"}},
    run};

}  // namespace dyce
