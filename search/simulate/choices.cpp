#include "search/simulate/choices.h"

#include "graph/exits/path_cost.h"
#include "runtime/core/nearest_name.h"

#include <dyce/error.h>

namespace dyce {
namespace {

int find_column(const RecordMeta& meta, const EnabledExit& exit, const std::string& where) {
    std::vector<std::string_view> there;
    for (std::size_t c = 0; c + 1 < meta.heads.size(); ++c) {
        const RecordHead& head = meta.heads[c];
        if (head.position != exit.site) continue;
        const std::string& type = meta.types[static_cast<std::size_t>(head.type)];
        if (type == exit.type) return static_cast<int>(c);
        there.push_back(type);
    }
    const std::string place = where + ": site " + std::to_string(exit.site);
    if (there.empty()) throw Error(ErrorCode::kUsage, place, "the record has no exits there");
    throw Error(ErrorCode::kUsage, place,
                "the record has no exit \"" + exit.type + "\" there" + nearest_hint(exit.type, there));
}

}  // namespace

Choices choices_of(const RecordMeta& meta, const Configuration& configuration) {
    Choices choices(meta.final_position());
    for (const EnabledExit& exit : configuration.exits) {
        const int column = find_column(meta, exit, "configuration " + configuration.name);
        choices[static_cast<std::size_t>(exit.site)] = {column, exit.threshold};
    }
    return choices;
}

std::vector<EnabledExit> exits_of(const RecordMeta& meta, const Choices& choices) {
    std::vector<EnabledExit> exits;
    for (std::size_t p = 0; p < choices.size(); ++p) {
        if (!choices[p].on()) continue;
        const RecordHead& head = meta.heads[static_cast<std::size_t>(choices[p].column)];
        exits.push_back({static_cast<int>(p), meta.type_name(head), choices[p].threshold});
    }
    return exits;
}

std::vector<double> exit_costs(const RecordMeta& meta, const CostTable& costs, const Choices& choices) {
    std::vector<double> at_exit(meta.positions.size());
    PathCost<double> cost;
    bool member_runs = false;
    for (std::size_t p = 0; p < at_exit.size(); ++p) {
        if (p < choices.size() && choices[p].on()) {
            cost.add_head(costs.heads[static_cast<std::size_t>(choices[p].column)]);
            member_runs = true;
        }
        at_exit[p] = cost.at(costs.backbone[p]);
        if (meta.positions[p].site >= 0) continue;
        if (member_runs) cost.add_member(costs.backbone[p]);
        member_runs = false;
    }
    return at_exit;
}

}  // namespace dyce
