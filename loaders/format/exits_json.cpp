#include "loaders/format/exits_json.h"

#include "loaders/format/within.h"

#include <algorithm>

namespace dyce {
namespace {

std::vector<std::string> names_of(const std::vector<Site>& sites) {
    std::vector<std::string> names;
    for (const Site& site : sites) names.push_back(site.name);
    return names;
}

ExitHead head_from_json(const JsonField& field, const Graph& graph) {
    JsonFields fields(field);
    ExitHead head;
    head.site = static_cast<int>(fields["site"].integer(0, INT32_MAX));
    head.type = fields["type"].text();
    const JsonField output = fields["output"];
    const std::string name = output.text();
    const auto found = std::find_if(graph.outputs.begin(), graph.outputs.end(),
                                    [&](ValueId id) { return graph.value(id).name == name; });
    if (found == graph.outputs.end()) output.fail("an output of the graph");
    head.output = static_cast<int>(found - graph.outputs.begin());
    fields.finish();
    return head;
}

}  // namespace

std::string exits_to_text(const Graph& graph, const ExitTable& exits) {
    const auto names = names_of(exits.sites);
    if (exits.heads.empty() && names == names_of(find_sites(graph))) return "";
    Json heads = Json::array();
    for (const ExitHead& head : exits.heads)
        heads.push_back({{"site", head.site},
                         {"type", head.type},
                         {"output", graph.value(graph.outputs[static_cast<std::size_t>(head.output)]).name}});
    return canonical_text({{"sites", names}, {"heads", heads}});
}

ExitTable exits_from_text(const std::string& text, const std::string& where, const Graph& graph) {
    ExitTable exits;
    if (text.empty()) {
        within(where, [&] { exits.sites = find_sites(graph); });
        return exits;
    }
    const Json json = parse_json(text, where);
    const JsonField field(json, where);
    JsonFields fields(field);
    const JsonField sites = fields["sites"];
    within(where, [&] { exits.sites = find_sites(graph, sites.texts()); });
    if (names_of(exits.sites) != sites.texts()) sites.fail("sites in the order in which they are computed");
    const JsonField heads = fields["heads"];
    for (std::size_t i = 0; i < heads.size(); ++i) exits.heads.push_back(head_from_json(heads[i], graph));
    fields.finish();
    within(where, [&] { complete_heads(graph, exits); });
    return exits;
}

}  // namespace dyce
