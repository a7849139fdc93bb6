// dyce inspect: what a model file holds and how it runs.
#include "graph/exits/gates.h"
#include "loaders/format/preprocess_json.h"
#include "runtime/exec/executor.h"
#include "runtime/exec/local_stage_runner.h"
#include "runtime/session/engine.h"
#include "runtime/session/model_access.h"
#include "tools/cli/inputs.h"
#include "tools/cli/memory_limit.h"
#include "tools/cli/model_argument.h"
#include "tools/verbs/gate_table.h"
#include "tools/verbs/recipe.h"
#include "tools/verbs/site_values.h"
#include "tools/verbs/verbs.h"

#include <dyce/error.h>

#include <algorithm>
#include <iostream>
#include <nlohmann/json.hpp>

namespace dyce {
namespace {

using nlohmann::ordered_json;

ordered_json describe(const ModelData& model) {
    const Member& last = model.last();
    ordered_json document = {
        {"schema", "dyce.inspect/1"},
        {"arch", last.architecture},
        {"classes", model.classes},
        {"input", {last.preprocess.channels, last.preprocess.height, last.preprocess.width}},
        {"params", last.parameters},
        {"macs", last.macs}};
    document["output"] = {{"logits", last.graph.value(last.graph.outputs[0]).name},
                          {"activation", name_of(last.activation)}};
    document["layout"] = "NCHW";
    document["recipe"] = ordered_json::parse(preprocess_to_json(last.preprocess).dump());
    document["sites"] = ordered_json::array();
    document["heads"] = ordered_json::array();
    document["digest"] = model.digest;
    document["preprocess_digest"] = model.preprocess_digest;
    document["member_list"] = ordered_json::array();
    int position = 0;  // through all members; a member's classifier is one too
    for (const Member& member : model.members) {
        const int first = position;
        for (const Site& site : member.exits.sites) {
            ordered_json row = {
                {"site", position++}, {"name", site.name}, {"channels", site.channels}, {"macs", site.macs}};
            if (site.layout != SiteLayout::kChannelsFirst) add_layout(row, site);
            document["sites"].push_back(std::move(row));
        }
        for (const ExitHead& head : member.exits.heads) {
            ordered_json row = {{"site", first + head.site}, {"type", head.type}, {"macs", head.macs}};
            if (is_gate(head)) row["role"] = name_of(head.role);
            document["heads"].push_back(std::move(row));
        }
        document["member_list"].push_back({{"arch", member.architecture},
                                           {"macs", member.macs},
                                           {"params", member.parameters},
                                           {"sites", {first, position - 1}},
                                           {"digest", member.digest}});
        ++position;
    }
    if (const auto gates = list_gates(model); !gates.empty()) document["gates"] = gates_to_json(gates);
    return document;
}

// The heads of a site, as "linear grid4-mlp2x128".
std::string types_at(const ExitTable& exits, std::size_t site) {
    std::string types;
    for (const ExitHead& head : exits.heads)
        if (head.site == static_cast<int>(site)) types += (types.empty() ? "" : " ") + head.type;
    return types;
}

std::int64_t count_scales(const Graph& graph) {
    return std::count_if(graph.values.begin(), graph.values.end(),
                         [](const Value& value) { return value.quantization.has_value(); });
}

void print_member(const Member& member, int first_position) {
    const Preprocess& recipe = member.preprocess;
    std::cout << "architecture  " << member.architecture << "\n"
              << "input         " << recipe.channels << "x" << recipe.height << "x" << recipe.width << " ("
              << recipe_text(recipe) << ")\n"
              << "output        " << member.graph.value(member.graph.outputs[0]).name << ", "
              << name_of(member.activation) << "\n"
              << "parameters    " << member.parameters << "\n"
              << "multiply-adds " << member.macs << "\n"
              << "int8 scales   " << count_scales(member.graph) << "\n"
              << "exit sites    " << member.exits.sites.size() << std::endl;
    const auto types = infer_types(member.graph);
    for (std::size_t i = 0; i < member.exits.sites.size(); ++i) {
        const Site& site = member.exits.sites[i];
        const double share = static_cast<double>(site.macs) / static_cast<double>(member.macs);
        const std::string positions =
            site.layout == SiteLayout::kChannelsFirst
                ? ""
                : "(" + positions_text(types[static_cast<std::size_t>(site.value)].shape, site) + ") ";
        std::printf("  %3d  %-32s %5lld channels  %12lld multiply-adds  %5.1f %%  %s%s\n",
                    first_position + static_cast<int>(i), site.name.c_str(),
                    static_cast<long long>(site.channels), static_cast<long long>(site.macs), 100 * share,
                    positions.c_str(), types_at(member.exits, i).c_str());
    }
}

void print_text(const ModelData& model) {
    int position = 0;
    const std::vector<GateRow> gates = list_gates(model);
    for (std::size_t m = 0; m < model.members.size(); ++m) {
        print_member(model.members[m], position);
        print_gates(gates, static_cast<int>(m));
        std::fflush(stdout);
        position += static_cast<int>(model.members[m].exits.sites.size()) + 1;
    }
    std::cout << "classes       " << model.classes << (model.labels.empty() ? " (no names)" : "") << "\n"
              << "digest        " << model.digest << "\n"
              << "preprocessing " << model.preprocess_digest << "\n";
    if (model.configurations)
        std::cout << "configurations " << model.configurations->contents().configurations.size()
                  << " stored with the model\n";
}

void print_plan(const Member& member, const CompileOptions& options) {
    const auto compiled = CompiledModel::compile(member.graph, member.exits, options);
    std::size_t reorders = 0;
    std::cout << "plan of " << member.architecture << " for one image\n";
    for (const StepReport& step : compiled->steps()) {
        std::cout << (step.is_reorder ? "  re-order  " : "            ") << step.description << "\n";
        reorders += step.is_reorder ? 1 : 0;
    }
    std::cout << compiled->steps().size() << " steps, " << reorders << " re-orders, "
              << compiled->arena_bytes() << " bytes of activations and scratch, " << compiled->packed_bytes()
              << " bytes of packed weights\n";
    if (const SkippableStages stages = count_skippable(*compiled); stages.all > 0)
        std::cout << stages.all << " gated stages; in " << stages.copied
                  << " of them images that skip are copied\n";
}

void print_plans(const Arguments& arguments, const Model& model) {
    const SessionOptions options = session_options(arguments, {});
    const MemoryReport memory = measure_memory(model, options);  // nothing is warm yet
    const bool saves_memory = options.max_memory > 0 && Engine(model, options).economy() >= Economy::kKernels;
    for (const Member& member : ModelAccess::data(model)->members)
        print_plan(member, {.precision = precision_of(arguments), .saves_memory = saves_memory});
    std::cout << memory.text();
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
    const Model model = only_model(arguments, "inspect");
    const ModelData& data = *ModelAccess::data(model);
    if (arguments.has("json")) {
        auto document = describe(data);
        if (arguments.has("values"))
            for (std::size_t m = 0; m < data.members.size(); ++m)
                document["member_list"][m]["values"] = values_to_json(data.members[m]);
        std::cout << document.dump(2) << "\n";
    } else if (arguments.has("values")) {
        for (const Member& member : data.members) print_values(member);
    } else if (arguments.has("dot")) {
        for (const Member& member : data.members) print_dot(member.graph);
    } else {
        print_text(data);
        std::cout.flush();
        if (arguments.has("plan")) print_plans(arguments, model);
    }
    return 0;
}

}  // namespace

const Verb kInspect{"inspect",
                    "inspect [MODEL]",
                    "shows sites, sizes, multiply-adds and digests",
                    {{"plan", "", "also the compiled steps, re-orders and memory"},
                     {"precision", "NAME", "that of the plan: f32, bf16 or int8 (f32)"},
                     {"values", "", "every value that `dyce convert --sites-at` takes instead"},
                     kMaxMemoryOption,
                     {"dot", "", "the graph in Graphviz' language instead"}},
                    inspect};

}  // namespace dyce
