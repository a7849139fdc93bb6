#include "tools/verbs/site_values.h"

#include "graph/exits/import_sites.h"
#include "runtime/core/text.h"

#include <algorithm>
#include <cstdio>
#include <vector>

namespace dyce {
namespace {

using nlohmann::ordered_json;

// -1: no site of the model.
int number_of(const Member& member, const Site& site) {
    const auto& sites = member.exits.sites;
    const auto found =
        std::find_if(sites.begin(), sites.end(), [&](const Site& other) { return other.name == site.name; });
    return found == sites.end() ? -1 : static_cast<int>(found - sites.begin());
}

}  // namespace

std::string positions_text(const Shape& shape, const Site& site) {
    if (site.layout == SiteLayout::kVector) return "vector";
    const SiteMap map = map_of(shape, site.layout, site.tokens);
    const std::string sides = std::to_string(map.height) + "x" + std::to_string(map.width);
    if (site.layout == SiteLayout::kChannelsFirst) return sides;
    if (site.layout == SiteLayout::kChannelsLast) return sides + ", channels last";
    return std::to_string(map.height * map.width) + " tokens" +
           (site.tokens.prefix > 0 ? " behind " + std::to_string(site.tokens.prefix) : "");
}

void add_layout(ordered_json& json, const Site& site) {
    json["layout"] = name_of(site.layout);
    if (site.tokens.prefix > 0) json["prefix"] = site.tokens.prefix;
    if (site.tokens.height > 0) json["grid"] = {site.tokens.height, site.tokens.width};
}

ordered_json values_to_json(const Member& member) {
    const BackboneValues values(member.graph);
    ordered_json list = ordered_json::array();
    for (const Site& site : possible_import_sites(member.graph)) {
        const Shape& shape = values.shape(site.value);
        ordered_json row = {{"name", site.name},
                            {"shape", std::vector<std::int64_t>(shape.begin(), shape.end())}};
        add_layout(row, site);
        row["channels"] = site.channels;
        row["macs"] = site.macs;
        row["alone"] = values.alive(site.value) == 1;
        const int number = number_of(member, site);
        row["site"] = number < 0 ? ordered_json(nullptr) : ordered_json(number);
        list.push_back(std::move(row));
    }
    return list;
}

void print_values(const Member& member) {
    const BackboneValues values(member.graph);
    std::printf("values that `dyce convert --sites-at` takes, of %s (* the only one alive)\n",
                member.architecture.c_str());
    for (const Site& site : possible_import_sites(member.graph)) {
        const int number = number_of(member, site);
        const double share =
            static_cast<double>(site.macs) / static_cast<double>(std::max<std::int64_t>(1, member.macs));
        std::printf("  %-44s %-16s %-22s %5.1f %%  %s%s\n", site.name.c_str(),
                    values.shape(site.value).to_string().c_str(),
                    positions_text(values.shape(site.value), site).c_str(), 100 * share,
                    values.alive(site.value) == 1 ? "*" : "",
                    number < 0 ? "" : (" site " + std::to_string(number)).c_str());
    }
}

std::string sites_hint(const Member& member) {
    constexpr std::size_t kNamed = 6;
    const BackboneValues values(member.graph);
    std::vector<std::string> alone;
    for (const Site& site : possible_sites(values))
        if (values.alive(site.value) == 1 && site.value != member.graph.outputs[0])
            alone.push_back(site.name);
    if (alone.empty()) return "no value between its input and its logits could be one";
    std::string text = "`dyce convert --sites-at NAME,..` takes values such as ";
    const std::size_t count = std::min(alone.size(), kNamed);
    for (std::size_t i = 0; i < count; ++i) {
        const std::size_t at =
            count == 1 ? 0 : i * (alone.size() - 1) / (count - 1);  // spread over the network
        text += (i == 0 ? "" : ", ") + in_quotes(alone[at]);
    }
    return text + " (`dyce inspect --values` lists all)";
}

}  // namespace dyce
