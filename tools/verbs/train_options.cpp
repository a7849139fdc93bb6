#include "tools/verbs/train_options.h"

#include "search/train/backward/trainable.h"
#include "tools/cli/interruption.h"

#include <dyce/error.h>

#include <algorithm>
#include <numeric>

namespace dyce {

std::string output_of(const Arguments& arguments) {
    std::string output = arguments.required("output", "-o OUT.safetensors");
    if (!output.ends_with(".safetensors"))
        throw Error(ErrorCode::kUsage, "--output",
                    "\"" + output + "\" given, expected a name ending in .safetensors");
    return output;
}

std::vector<HeadType> head_types_of(const Arguments& arguments, const std::string& fallback) {
    std::vector<HeadType> types;
    for (const std::string& name : split(arguments.text("heads", fallback), ',')) {
        const auto type = parse_head_type(name);
        if (name.starts_with("gate-"))
            throw Error(ErrorCode::kUsage, "--heads",
                        "\"" + name +
                            "\" is a gate: it lets images skip stages and answers nothing, so it is no exit");
        const auto is_same = [&](const HeadType& other) { return other.name == name; };
        if (!type)
            throw Error(
                ErrorCode::kUsage, "--heads",
                "\"" + name +
                    "\" given, expected types like linear, mlp3x500, grid4-mlp2x128 or stage-grid4-64");
        if (std::any_of(types.begin(), types.end(), is_same))
            throw Error(ErrorCode::kUsage, "--heads", "\"" + name + "\" is there twice");
        types.push_back(*type);
    }
    return types;
}

std::vector<int> sites_of(const Arguments& arguments, std::size_t count) {
    std::vector<int> sites(count);
    std::iota(sites.begin(), sites.end(), 0);
    const std::string text = arguments.text("sites", "all");
    if (text == "all") return sites;
    sites.clear();
    for (const std::string& site : split(text, ','))
        sites.push_back(
            static_cast<int>(parse_integer(site, "--sites", 0, static_cast<std::int64_t>(count) - 1)));
    std::sort(sites.begin(), sites.end());
    if (std::adjacent_find(sites.begin(), sites.end()) != sites.end())
        throw Error(ErrorCode::kUsage, "--sites", "\"" + text + "\" names a site twice");
    return sites;
}

Resuming resuming_of(const Arguments& arguments) {
    Resuming resuming{arguments.text("checkpoint", ""), arguments.has("resume")};
    if (resuming.resume && resuming.checkpoint.empty())
        throw Error(ErrorCode::kUsage, "--resume", "needs --checkpoint FILE to go on from");
    return resuming;
}

void tell_how_to_go_on(const Resuming& resuming, bool keeps_features) {
    if (!resuming.checkpoint.empty())
        set_way_to_go_on("start the same command with --resume to go on from the checkpoint");
    else if (keeps_features)
        set_way_to_go_on(
            "the features done so far are kept: start the same command again; with --checkpoint FILE "
            "--resume the training goes on, too");
    else
        set_way_to_go_on(
            "nothing was kept: --checkpoint FILE, and --resume after an interruption, would keep it");
}

void expect_trainable(const Graph& graph, const std::string& path) {
    const std::vector<std::string> nodes = find_untrainable(graph);
    if (nodes.empty()) return;
    std::string text;
    for (const std::string& node : nodes) text += (text.empty() ? "" : ", ") + node;
    throw Error(ErrorCode::kUsage, path,
                "cannot be trained, for " + std::to_string(nodes.size()) + " of its nodes: " + text);
}

void refuse(const Arguments& arguments, std::initializer_list<const char*> options,
            const std::string& where) {
    for (const char* option : options)
        if (arguments.has(option))
            throw Error(ErrorCode::kUsage, std::string("--") + option, "has no meaning " + where);
}

}  // namespace dyce
