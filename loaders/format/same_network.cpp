#include "loaders/format/same_network.h"

#include "loaders/format/exits_json.h"
#include "loaders/format/graph_json.h"

#include <algorithm>

namespace dyce {
namespace {

bool share_constants(const Graph& a, const Graph& b) {
    const auto is_shared = [](const Value& one, const Value& other) {
        if (one.constant.has_value() != other.constant.has_value()) return false;
        return !one.constant || (one.constant->bytes() == other.constant->bytes() &&
                                 one.constant->type() == other.constant->type());
    };
    return std::ranges::equal(a.values, b.values, is_shared);
}

}  // namespace

bool is_same_network(const Member& a, const Member& b) {
    return share_constants(a.graph, b.graph) &&
           graph_to_text({"", 0, a.graph}) == graph_to_text({"", 0, b.graph}) &&
           exits_to_text(a.graph, a.exits) == exits_to_text(b.graph, b.exits);
}

}  // namespace dyce
