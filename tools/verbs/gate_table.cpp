#include "tools/verbs/gate_table.h"

#include "tools/report/html.h"

#include <algorithm>
#include <cstdio>
#include <sstream>

namespace dyce {
namespace {

std::string shortest(double number) {
    std::ostringstream text;
    text << number;
    return text.str();
}

}  // namespace

std::vector<GateRow> list_gates(const ModelData& model) {
    std::vector<GateRow> gates;
    const std::vector<ExitSite> sites = model.positions();
    for (std::size_t i = 0; i < sites.size(); ++i)
        if (const auto& gate = sites[i].gate) {
            const int site = static_cast<int>(i);
            gates.push_back({sites[i].member, site, site + 1, sites[i].name, gate->macs, gate->stage_macs,
                             gate->threshold});
        }
    return gates;
}

nlohmann::ordered_json gates_to_json(const std::vector<GateRow>& gates) {
    auto rows = nlohmann::ordered_json::array();
    for (const GateRow& gate : gates)
        rows.push_back({{"site", gate.site},
                        {"skips", gate.skips},
                        {"macs", gate.macs},
                        {"stage_macs", gate.stage_macs},
                        {"tau", gate.tau}});
    return rows;
}

void print_gates(const std::vector<GateRow>& gates, int member) {
    const auto is_own = [&](const GateRow& gate) { return gate.member == member; };
    const auto first = std::find_if(gates.begin(), gates.end(), is_own);
    if (first == gates.end()) return;
    std::printf("gates         %lld, tau %s\n",
                static_cast<long long>(std::count_if(gates.begin(), gates.end(), is_own)),
                shortest(first->tau).c_str());
    for (auto gate = first; gate != gates.end() && is_own(*gate); ++gate)
        std::printf("  %3d to %3d  %-25s %9lld multiply-adds to decide about %12lld\n", gate->site,
                    gate->skips, gate->name.c_str(), static_cast<long long>(gate->macs),
                    static_cast<long long>(gate->stage_macs));
}

std::string gates_section(const std::vector<GateRow>& gates) {
    std::string html =
        "<h2>Gates</h2>\n<table>\n<tr><th>at site</th><th>skips to</th><th>feature map</th>"
        "<th>multiply-adds of the gate</th><th>of the stage</th><th>tau</th></tr>\n";
    for (const GateRow& gate : gates) {
        html += "<tr>";
        for (const std::string& cell :
             {std::to_string(gate.site), std::to_string(gate.skips), gate.name, std::to_string(gate.macs),
              std::to_string(gate.stage_macs), shortest(gate.tau)})
            html += "<td>" + html_text(cell) + "</td>";
        html += "</tr>\n";
    }
    return html + "</table>\n";
}

}  // namespace dyce
