// dyce inspect: what a model file holds and how it runs.
#include "graph/sites.h"
#include "loaders/format/model_file.h"
#include "runtime/exec/executor.h"
#include "tools/cli/inputs.h"
#include "tools/verbs/verbs.h"

#include <dyce/error.h>

#include <iostream>
#include <nlohmann/json.hpp>

namespace dyce {
namespace {

using nlohmann::ordered_json;

ordered_json describe(const ModelData& model, const std::vector<Site>& sites) {
    ordered_json document = {
        {"schema", "dyce.inspect/1"}, {"arch", model.architecture},
        {"classes", model.classes},   {"input", {3, model.preprocess.height, model.preprocess.width}},
        {"params", model.parameters}, {"macs", model.macs}};
    document["sites"] = ordered_json::array();
    for (std::size_t i = 0; i < sites.size(); ++i)
        document["sites"].push_back(
            {{"site", i}, {"name", sites[i].name}, {"channels", sites[i].channels}, {"macs", sites[i].macs}});
    document["heads"] = ordered_json::array();
    document["digest"] = model.digest;
    document["preprocess_digest"] = model.preprocess_digest;
    const int last = static_cast<int>(sites.size()) - 1;
    document["member_list"] = {{{"arch", model.architecture},
                                {"macs", model.macs},
                                {"params", model.parameters},
                                {"sites", {0, last}},
                                {"digest", model.digest}}};
    return document;
}

std::string side_or_none(int side) { return side == 0 ? "none" : std::to_string(side); }

void print_text(const ModelData& model, const std::vector<Site>& sites) {
    const Preprocess& recipe = model.preprocess;
    std::cout << "architecture  " << model.architecture << "\n"
              << "input         3x" << recipe.height << "x" << recipe.width << " (resize "
              << side_or_none(recipe.resize) << ", crop " << side_or_none(recipe.crop) << ")\n"
              << "classes       " << model.classes << (model.labels.empty() ? " (no names)" : "") << "\n"
              << "parameters    " << model.parameters << "\n"
              << "multiply-adds " << model.macs << "\n"
              << "digest        " << model.digest << "\n"
              << "preprocessing " << model.preprocess_digest << "\n"
              << "exit sites    " << sites.size() << "\n";
    for (std::size_t i = 0; i < sites.size(); ++i) {
        const double share = static_cast<double>(sites[i].macs) / static_cast<double>(model.macs);
        std::printf("  %3zu  %-32s %5lld channels  %12lld multiply-adds  %5.1f %%\n", i,
                    sites[i].name.c_str(), static_cast<long long>(sites[i].channels),
                    static_cast<long long>(sites[i].macs), 100 * share);
    }
}

void print_plan(const Graph& graph) {
    const auto compiled = CompiledModel::compile(graph);
    std::size_t reorders = 0;
    std::cout << "plan for one picture\n";
    for (const StepReport& step : compiled->steps()) {
        std::cout << (step.is_reorder ? "  re-order  " : "            ") << step.description << "\n";
        reorders += step.is_reorder ? 1 : 0;
    }
    std::cout << compiled->steps().size() << " steps, " << reorders << " re-orders, "
              << compiled->arena_bytes() << " bytes of activations and scratch, " << compiled->packed_bytes()
              << " bytes of packed weights\n";
}

std::string quoted(const std::string& text) { return nlohmann::json(text).dump(); }

void print_dot(const Graph& graph) {
    const auto types = infer_types(graph);
    const auto producers = find_producers(graph);
    std::cout << "digraph model {\n  node [shape=box];\n";
    for (const GraphInput& input : graph.inputs)
        std::cout << "  v" << input.value << " [label=" << quoted(graph.value(input.value).name) << "];\n";
    for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
        const Node& node = graph.nodes[n];
        std::cout << "  n" << n << " [label=" << quoted(std::string(node.spec->name) + "\n" + node.name)
                  << "];\n";
        for (ValueId id : node.inputs) {
            if (graph.value(id).constant) continue;
            const NodeId from = producers[static_cast<std::size_t>(id)];
            std::cout << "  " << (from < 0 ? "v" + std::to_string(id) : "n" + std::to_string(from)) << " -> n"
                      << n << " [label=\"" << types[static_cast<std::size_t>(id)].shape.to_string()
                      << "\"];\n";
        }
    }
    std::cout << "}\n";
}

int inspect(const Arguments& arguments) {
    auto positionals = arguments.positionals();
    const Model model = take_model(positionals);
    if (!positionals.empty()) throw Error(ErrorCode::kUsage, positionals[0], "dyce inspect takes one model");
    const ModelData& data = *model.data();
    const auto sites = find_sites(data.graph);
    if (arguments.has("json")) {
        std::cout << describe(data, sites).dump(2) << "\n";
    } else if (arguments.has("dot")) {
        print_dot(data.graph);
    } else {
        print_text(data, sites);
        std::cout.flush();
        if (arguments.has("plan")) print_plan(data.graph);
    }
    return 0;
}

}  // namespace

const Verb kInspect{"inspect",
                    "inspect MODEL",
                    "shows sites, sizes, multiply-adds and digests",
                    {{"plan", "", "also the compiled steps, re-orders and memory"},
                     {"dot", "", "the graph in Graphviz' language instead"}},
                    inspect};

}  // namespace dyce
