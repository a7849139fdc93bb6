#include "graph/exits/head_group.h"

#include "runtime/core/index.h"

namespace dyce {

std::string group_of(const Graph& graph, const ExitTable& exits, int site, const HeadType& type) {
    switch (type.family.scope) {
        case HeadFamily::Scope::kSite: return type.name + " at site " + std::to_string(site);
        case HeadFamily::Scope::kMember: return type.name;
        case HeadFamily::Scope::kMap: break;
    }
    const Site& place = exits.sites[index(site)];
    const SiteMap map = map_of(infer_types(graph)[index(place.value)].shape, place.layout, place.tokens);
    return type.name + " on maps " + Shape{map.channels, map.height, map.width}.to_string();
}

}  // namespace dyce
