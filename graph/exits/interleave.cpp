#include "graph/exits/interleave.h"

#include "graph/exits/head_nodes.h"
#include "graph/passes/passes.h"
#include "graph/verify.h"
#include "runtime/core/index.h"

#include <algorithm>
#include <set>

namespace dyce {
namespace {

// The node after which the site's value exists, by name: fusing renumbers values.
int find_node_making(const Graph& graph, const std::string& name) {
    for (std::size_t n = 0; n < graph.nodes.size(); ++n)
        for (ValueId id : graph.nodes[n].outputs)
            if (graph.value(id).name == name) return static_cast<int>(n);
    return -1;
}

// The same heads, of a graph whose outputs are the classifier's and then theirs.
std::vector<ExitHead> heads_of_fused(std::vector<ExitHead> heads) {
    for (std::size_t h = 0; h < heads.size(); ++h) heads[h].output = static_cast<int>(h) + 1;
    return heads;
}

class Interleaver {
public:
    Interleaver(const Graph& fused, const ExitTable& exits)
        : fused_(fused),
          exits_(exits),
          heads_(heads_of_fused(exits.heads)),
          nodes_(fused, heads_),
          is_taken_(fused.nodes.size(), false) {
        result_.graph = fused;
        result_.graph.nodes.clear();
        for (std::size_t n = 0; n < is_taken_.size(); ++n) is_taken_[n] = nodes_.feeds()[n] >= 0;
    }

    InterleavedGraph run() {
        int next = 0;
        std::size_t head = 0;
        for (const int site : points()) {
            const std::size_t first = head;
            while (head < heads_.size() && heads_[head].site <= site) ++head;
            const int end = std::max({next, end_of_site(site), end_of_stage(first, head)});
            add_stage(next, end, first, head, site);
            next = end;
            for (std::size_t h = first; h < head; ++h) add_head(h);
        }
        add_stage(next, static_cast<int>(fused_.nodes.size()), head, head, -1);
        return std::move(result_);
    }

private:
    // Sites at which rows may do something else than go on, or meet others that did.
    std::set<int> points() const {
        std::set<int> sites;
        for (const ExitHead& head : heads_) {
            if (head.role != HeadRole::kFeed) sites.insert(head.site);
            if (head.role == HeadRole::kGate) sites.insert(head.skips);
        }
        return sites;
    }

    int end_of_site(int site) const { return find_node_making(fused_, exits_.sites[index(site)].name) + 1; }

    // One past the node after which all values of the backbone exist that these heads read. Fusing may have
    // moved a site before another value, though it was made after it.
    int end_of_stage(std::size_t first, std::size_t last) const {
        int end = 0;
        for (std::size_t h = first; h < last; ++h) {
            end = std::max(end, end_of_site(heads_[h].site));
            for (const std::string& name : heads_[h].reads)
                end = std::max(end, find_node_making(fused_, name) + 1);
        }
        return end;
    }

    // Nodes of the backbone, then the feeds of these heads.
    void add_stage(int next, int end, std::size_t first, std::size_t last, int site) {
        const int begin = count();
        for (int n = next; n < end; ++n)
            if (nodes_.backbone()[index(n)]) result_.graph.nodes.push_back(fused_.nodes[index(n)]);
        const int first_feed = count();
        for (std::size_t n = 0; n < fused_.nodes.size(); ++n)
            if (const int head = nodes_.feeds()[n]; head >= 0 && index(head) >= first && index(head) < last)
                result_.graph.nodes.push_back(fused_.nodes[n]);
        result_.parts.push_back({-1, begin, count(), site, first_feed, value_of(site), is_skipped(site)});
    }

    bool is_skipped(int site) const {
        return std::ranges::any_of(
            heads_, [&](const ExitHead& head) { return head.role == HeadRole::kGate && head.skips == site; });
    }

    ValueId value_of(int site) const {
        if (site < 0) return -1;
        const std::string& name = exits_.sites[index(site)].name;
        const Node& node = fused_.nodes[index(find_node_making(fused_, name))];
        return *std::ranges::find(node.outputs, name, [&](ValueId id) { return fused_.value(id).name; });
    }

    void add_head(std::size_t head) {
        const int begin = count();
        const auto nodes = nodes_.own(head);
        std::vector<ValueId> renamed(fused_.values.size(), -1);
        for (std::size_t n = 0; n < nodes.size(); ++n) {
            if (!nodes[n]) continue;
            Node node = fused_.nodes[n];
            for (ValueId& id : node.inputs)
                if (renamed[index(id)] >= 0) id = renamed[index(id)];
            if (is_taken_[n]) repeat(node, static_cast<int>(head), renamed);
            is_taken_[n] = true;
            result_.graph.nodes.push_back(std::move(node));
        }
        ValueId& output = result_.graph.outputs[head + 1];
        if (renamed[index(output)] >= 0) output = renamed[index(output)];
        result_.parts.push_back({static_cast<int>(head), begin, count(), -1, count()});
    }

    // Gives the node a name and outputs of its own.
    void repeat(Node& node, int head, std::vector<ValueId>& renamed) {
        const std::string suffix = "#" + std::to_string(head);
        node.name += suffix;
        for (ValueId& id : node.outputs) {
            const ValueId fresh = result_.graph.add_value(fused_.value(id).name + suffix);
            renamed[index(id)] = fresh;
            id = fresh;
        }
    }

    int count() const { return static_cast<int>(result_.graph.nodes.size()); }

    const Graph& fused_;
    const ExitTable& exits_;
    const std::vector<ExitHead> heads_;  // of the fused graph
    const HeadNodes nodes_;
    std::vector<bool> is_taken_;  // by node: some head, or stage, has it
    InterleavedGraph result_;
};

}  // namespace

InterleavedGraph fuse_whole(const Graph& graph) {
    Graph fused = graph;
    fuse(fused);
    const auto nodes = static_cast<int>(fused.nodes.size());
    return {std::move(fused), {{-1, 0, nodes, -1, nodes}}};
}

InterleavedGraph interleave(const Graph& graph, const ExitTable& exits) {
    Graph fused = graph;
    fused.outputs.resize(1);
    for (const ExitHead& head : exits.heads) fused.outputs.push_back(graph.outputs[index(head.output)]);
    remove_dead_code(fused);
    fuse(fused);
    InterleavedGraph result = Interleaver(fused, exits).run();
    verify(result.graph);
    return result;
}

}  // namespace dyce
