#include "graph/exits/sites.h"

#include "runtime/core/index.h"
#include "runtime/core/nearest_name.h"

#include <dyce/error.h>

#include <algorithm>

namespace dyce {
namespace {

class SiteFinder {
public:
    explicit SiteFinder(const Graph& graph)
        : graph_(graph),
          types_(infer_types(graph)),
          macs_(macs_by_node(graph)),
          producers_(find_producers(graph)),
          in_backbone_(find_needed_nodes(graph, graph.outputs.front())),
          readers_(graph.values.size(), 0),
          only_reader_(graph.values.size(), -1),
          feeds_head_(graph.values.size(), false) {
        for (std::size_t n = 0; n < graph.nodes.size(); ++n)
            for (ValueId id : graph.nodes[n].inputs) {
                if (!in_backbone_[n]) {
                    feeds_head_[index(id)] = true;
                } else if (!graph.value(id).constant) {
                    ++readers_[index(id)];
                    only_reader_[index(id)] = static_cast<NodeId>(n);
                }
            }
        ++readers_[index(graph.outputs.front())];
    }

    std::vector<Site> find_by_rule() {
        return find([&](ValueId id, int alive) { return is_site(id, alive); });
    }

    std::vector<Site> find_by_name(const std::vector<std::string>& names) {
        auto sites = find([&](ValueId id, int) {
            return can_be_site(id) && std::count(names.begin(), names.end(), graph_.value(id).name) > 0;
        });
        for (const std::string& name : names) check_found(name, names, sites);
        return sites;
    }

private:
    // Every value of the backbone that `is_wanted`, which is also told how many values are alive then.
    template <class Predicate>
    std::vector<Site> find(Predicate is_wanted) {
        std::vector<Site> sites;
        int alive = 0;  // values of the backbone that are made and still to be read
        for (const GraphInput& input : graph_.inputs) alive += readers_[index(input.value)] > 0;
        auto unread = readers_;
        std::int64_t macs = 0;
        for (std::size_t n = 0; n < graph_.nodes.size(); ++n) {
            if (!in_backbone_[n]) continue;
            const Node& node = graph_.nodes[n];
            macs += macs_[n];
            for (ValueId id : node.inputs)
                if (!graph_.value(id).constant && --unread[index(id)] == 0) --alive;
            for (ValueId id : node.outputs) alive += readers_[index(id)] > 0;
            for (ValueId id : node.outputs)
                if (is_wanted(id, alive)) sites.push_back(site_at(id, macs));
        }
        return sites;
    }

    void check_found(const std::string& name, const std::vector<std::string>& names,
                     const std::vector<Site>& sites) const {
        if (std::count(names.begin(), names.end(), name) > 1)
            throw Error(ErrorCode::kContent, "site " + name, "is named twice");
        if (std::any_of(sites.begin(), sites.end(), [&](const Site& site) { return site.name == name; }))
            return;
        std::vector<std::string_view> possible;
        for (std::size_t n = 0; n < graph_.nodes.size(); ++n)
            if (in_backbone_[n] && can_be_site(graph_.nodes[n].outputs[0]))
                possible.push_back(graph_.value(graph_.nodes[n].outputs[0]).name);
        throw Error(ErrorCode::kContent, "site " + name,
                    "is not a value of rank 4, 3 or 2 that the backbone computes for each image" +
                        nearest_hint(name, possible, "\""));
    }

    Site site_at(ValueId value, std::int64_t macs) const {
        const Shape& shape = types_[index(value)].shape;
        const SiteLayout layout = *default_layout(shape.rank());
        return {value, graph_.value(value).name, map_of(shape, layout).channels, macs, layout};
    }

    // Maps, and what holds the features of one image besides them.
    bool can_be_site(ValueId value) const {
        const Shape& shape = types_[index(value)].shape;
        return shape.rank() == 4 || (default_layout(shape.rank()) && shape[0] == 1);
    }

    bool is_site(ValueId value, int alive) const {
        if (rank(value) != 4) return false;
        return feeds_head_[index(value)] || (alive == 1 && ends_join(value));
    }

    // A join, unless its activation ends it; or that activation.
    bool ends_join(ValueId value) const {
        if (is_join(value)) return activation_after(value) < 0;
        const Node& node = producer(value);
        return activation_after(node.inputs[0]) == value && is_join(node.inputs[0]);
    }

    bool is_join(ValueId value) const {
        if (producers_[index(value)] < 0) return false;
        const Node& node = producer(value);
        if (node.spec->name != "Add" && node.spec->name != "Concat") return false;
        const auto computed = std::count_if(node.inputs.begin(), node.inputs.end(),
                                            [&](ValueId id) { return !graph_.value(id).constant; });
        return computed > 1;
    }

    // The result of the activation that alone reads the value, or -1.
    ValueId activation_after(ValueId value) const {
        if (readers_[index(value)] != 1 || only_reader_[index(value)] < 0 || feeds_head_[index(value)])
            return -1;
        const Node& reader = graph_.nodes[index(only_reader_[index(value)])];
        return reader.spec->eltwise != nullptr ? reader.outputs[0] : -1;
    }

    const Node& producer(ValueId value) const { return graph_.nodes[index(producers_[index(value)])]; }
    int rank(ValueId value) const { return types_[index(value)].shape.rank(); }

    const Graph& graph_;
    std::vector<TensorType> types_;
    std::vector<std::int64_t> macs_;  // by node
    std::vector<NodeId> producers_;
    std::vector<bool> in_backbone_;    // by node
    std::vector<int> readers_;         // by value: of the backbone, its output included
    std::vector<NodeId> only_reader_;  // by value: the last of them
    std::vector<bool> feeds_head_;     // by value
};

}  // namespace

std::vector<Site> find_sites(const Graph& graph) { return SiteFinder(graph).find_by_rule(); }

std::vector<Site> find_sites(const Graph& graph, const std::vector<std::string>& names) {
    return SiteFinder(graph).find_by_name(names);
}

std::vector<Site> find_again(const Graph& graph, const std::vector<Site>& sites) {
    std::vector<std::string> names;
    for (const Site& site : sites) names.push_back(site.name);
    std::vector<Site> found = find_sites(graph, names);
    for (std::size_t i = 0; i < found.size(); ++i) {
        found[i].layout = sites[i].layout;
        found[i].channels = sites[i].channels;
    }
    return found;
}

void set_layout(const Graph& graph, Site& site, SiteLayout layout) {
    const Shape shape = infer_types(graph)[index(site.value)].shape;
    if (rank_of(layout) != shape.rank())
        throw Error(ErrorCode::kContent, "site " + site.name,
                    "is " + shape.to_string() + ", which cannot be laid out as " + name_of(layout));
    site.layout = layout;
    site.channels = map_of(shape, layout).channels;
}

}  // namespace dyce
