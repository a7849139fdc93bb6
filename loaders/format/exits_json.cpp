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

// Layouts that are not what a value of that rank is taken for.
Json layouts_to_json(const std::vector<Site>& sites) {
    Json layouts = Json::object();
    for (const Site& site : sites)
        if (site.layout != default_layout(rank_of(site.layout))) layouts[site.name] = name_of(site.layout);
    return layouts;
}

// Of tokens: how many are no patches, and a grid that is no square. Empty where there is nothing to say.
void add_tokens(const std::vector<Site>& sites, Json& json) {
    for (const Site& site : sites) {
        if (site.tokens.prefix != 0) json["prefix"][site.name] = site.tokens.prefix;
        if (site.tokens.height != 0) json["grids"][site.name] = {site.tokens.height, site.tokens.width};
    }
}

void read_layout(const JsonField& word, const Shape& shape, Site& site) {
    const auto layout = parse_site_layout(word.text());
    if (!layout) word.fail("nchw, nhwc, tokens or vector");
    within(word.where(), [&] { set_layout(shape, site, *layout); });
}

void read_prefix(const JsonField& count, const Shape& shape, Site& site) {
    const SiteTokens tokens{count.integer(1, INT32_MAX), 0, 0};
    within(count.where(), [&] { set_tokens(shape, site, tokens); });
}

void read_grid(const JsonField& sides, const Shape& shape, Site& site) {
    const auto numbers = sides.integers();
    if (numbers.size() != 2) sides.fail("rows and columns");
    const SiteTokens tokens{site.tokens.prefix, numbers[0], numbers[1]};
    within(sides.where(), [&] { set_tokens(shape, site, tokens); });
}

// What the members of `field` say about sites by their names; `read` knows what.
template <class Read>
void read_by_site(const JsonField& field, const std::vector<TensorType>& types, std::vector<Site>& sites,
                  const Read& read) {
    JsonFields fields(field);
    for (Site& site : sites)
        if (fields.has(site.name))
            read(fields[site.name], types[static_cast<std::size_t>(site.value)].shape, site);
    fields.finish();
}

void read_sites(JsonFields& fields, const Graph& graph, std::vector<Site>& sites) {
    if (!fields.has("layouts") && !fields.has("prefix") && !fields.has("grids")) return;
    const auto types = infer_types(graph);
    if (fields.has("layouts")) read_by_site(fields["layouts"], types, sites, read_layout);
    if (fields.has("prefix")) read_by_site(fields["prefix"], types, sites, read_prefix);
    if (fields.has("grids")) read_by_site(fields["grids"], types, sites, read_grid);
}

Json head_to_json(const Graph& graph, const ExitHead& head) {
    Json json = {{"site", head.site},
                 {"type", head.type},
                 {"output", graph.value(graph.outputs[static_cast<std::size_t>(head.output)]).name}};
    if (head.role != HeadRole::kExit) json["role"] = name_of(head.role);
    if (!head.reads.empty()) json["reads"] = head.reads;
    if (head.chain >= 0) json["chain"] = head.chain;
    if (head.skips >= 0) json["skips"] = head.skips;
    return json;
}

HeadRole role_from_json(const JsonField& field) {
    const std::string word = field.text();
    for (const HeadRole role : {HeadRole::kExit, HeadRole::kFeed, HeadRole::kGate})
        if (word == name_of(role)) return role;
    field.fail("exit, feed or gate");
}

// `at` is its index in the list.
ExitHead head_from_json(const JsonField& field, int at, const Graph& graph) {
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
    if (fields.has("role")) head.role = role_from_json(fields["role"]);
    if (fields.has("reads")) head.reads = fields["reads"].texts();
    if (fields.has("chain")) {
        const JsonField chain = fields["chain"];
        if (at == 0) chain.fail("none: no head stands before it");
        head.chain = static_cast<int>(chain.integer(0, at - 1));
    }
    if (fields.has("skips")) head.skips = static_cast<int>(fields["skips"].integer(0, INT32_MAX));
    fields.finish();
    return head;
}

}  // namespace

std::string exits_to_text(const Graph& graph, const ExitTable& exits) {
    const auto names = names_of(exits.sites);
    const Json layouts = layouts_to_json(exits.sites);
    Json tokens = Json::object();
    add_tokens(exits.sites, tokens);
    if (exits.heads.empty() && layouts.empty() && tokens.empty() && names == names_of(find_sites(graph)))
        return "";
    Json heads = Json::array();
    for (const ExitHead& head : exits.heads) heads.push_back(head_to_json(graph, head));
    Json json = {{"sites", names}, {"heads", heads}};
    if (!layouts.empty()) json["layouts"] = layouts;
    json.update(tokens);
    return canonical_text(json);
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
    read_sites(fields, graph, exits.sites);
    const JsonField heads = fields["heads"];
    for (std::size_t i = 0; i < heads.size(); ++i)
        exits.heads.push_back(head_from_json(heads[i], static_cast<int>(i), graph));
    fields.finish();
    within(where, [&] { complete_heads(graph, exits); });
    return exits;
}

}  // namespace dyce
