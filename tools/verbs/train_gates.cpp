#include "tools/verbs/train_gates.h"

#include "graph/exits/gates.h"
#include "runtime/session/supply_costs.h"
#include "search/train/network/gates.h"
#include "search/train/network/start_network.h"
#include "tools/cli/budget_options.h"
#include "tools/cli/model_argument.h"
#include "tools/cli/output_paths.h"
#include "tools/verbs/train_options.h"

#include <dyce/error.h>

#include <iostream>

namespace dyce {
namespace {

// By position, as gated_cost() takes it; empty without --gate-cost.
std::vector<double> measured_stages(const Arguments& arguments, const Member& member) {
    const auto path = arguments.text("gate-cost");
    if (!path) return {};
    const std::vector<ExitSite> positions =
        list_sites({{&member.graph, &member.exits, member.macs, member.gate_threshold}});
    return supply_costs(read_stage_times(*path), positions, *path).stages;
}

}  // namespace

void take_gates(const Arguments& arguments, const std::string& source, Member& member,
                TrainNetworkOptions& options) {
    if (!arguments.has("gates")) {
        refuse(arguments, {"target", "gate-cost"}, "without --gates");
        if (has_gates(member.exits) && !arguments.has("drop-blocks"))
            throw Error(
                ErrorCode::kUsage, source,
                "has gates: train them with --gates, or take them out by `dyce train MODEL --strip gates`");
        return;
    }
    refuse(arguments, {"drop-blocks"}, "with --gates: train gates on what comes out of it");
    arguments.choice("gates", "ff16", {"ff16"});
    arguments.required("target", "--target 0.6, the share of the multiply-adds that is to run");
    options.gate_target = arguments.real("target", 1, 0, 1);
    start_gates(member, options.seed);
    options.gate_costs = measured_stages(arguments, member);
    const GatedCost cost = gated_cost(member, options.gate_costs);
    if (!(cost.gated > 0))
        throw Error(ErrorCode::kUsage, arguments.text("gate-cost", ""),
                    "the stages that gates would decide about cost nothing there");
    cost.of_gated(*options.gate_target);  // refused before any image is read
}

int strip_model(const Arguments& arguments) {
    for (const auto& [option, values] : arguments.values_)
        if (option != "strip" && option != "output" && option != "quiet")
            refuse(arguments, {option.c_str()}, "with --strip");
    const std::string source = arguments.only_positional("MODEL"), output = output_of(arguments);
    check_outputs(arguments, {{"output", kPositionals}}, {});
    const bool gates = arguments.choice("strip", "", {"gates", "heads"}) == "gates";
    ModelData model = *load_model(source);
    for (Member& member : model.members) gates ? remove_gates(member) : remove_exits(member);
    if (model.configurations && !arguments.has("quiet"))
        std::cerr << "dyce: the set of configurations stored with the model is left out: it was made for "
                     "other heads\n";
    model.configurations.reset();
    save_model(output, model);
    return 0;
}

}  // namespace dyce
