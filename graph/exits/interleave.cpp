#include "graph/exits/interleave.h"

#include "graph/passes/passes.h"
#include "graph/verify.h"
#include "runtime/core/index.h"

#include <algorithm>

namespace dyce {
namespace {

// The node after which the site's value exists, by name: fusing renumbers values.
int find_node_making(const Graph& graph, const std::string& name) {
    for (std::size_t n = 0; n < graph.nodes.size(); ++n)
        for (ValueId id : graph.nodes[n].outputs)
            if (graph.value(id).name == name) return static_cast<int>(n);
    return -1;
}

class Interleaver {
public:
    Interleaver(const Graph& fused, const ExitTable& exits)
        : fused_(fused),
          exits_(exits),
          backbone_(find_needed_nodes(fused, fused.outputs[0])),
          is_taken_(fused.nodes.size(), false) {
        result_.graph = fused;
        result_.graph.nodes.clear();
    }

    InterleavedGraph run() {
        int next = 0;
        std::size_t head = 0;
        while (head < exits_.heads.size()) {
            const int site = exits_.heads[head].site;
            const int end = find_node_making(fused_, exits_.sites[index(site)].name) + 1;
            add_backbone(next, end, site);
            next = end;
            for (; head < exits_.heads.size() && exits_.heads[head].site == site; ++head)
                add_head(static_cast<int>(head));
        }
        add_backbone(next, static_cast<int>(fused_.nodes.size()), -1);
        return std::move(result_);
    }

private:
    void add_backbone(int first, int end, int site) {
        const int begin = count();
        for (int n = first; n < end; ++n)
            if (backbone_[index(n)]) result_.graph.nodes.push_back(fused_.nodes[index(n)]);
        result_.parts.push_back({-1, begin, count(), site});
    }

    void add_head(int head) {
        const int begin = count();
        const auto nodes = find_head_nodes(fused_, head + 1);
        std::vector<ValueId> renamed(fused_.values.size(), -1);
        for (std::size_t n = 0; n < nodes.size(); ++n) {
            if (!nodes[n]) continue;
            Node node = fused_.nodes[n];
            for (ValueId& id : node.inputs)
                if (renamed[index(id)] >= 0) id = renamed[index(id)];
            if (is_taken_[n]) repeat(node, head, renamed);
            is_taken_[n] = true;
            result_.graph.nodes.push_back(std::move(node));
        }
        ValueId& output = result_.graph.outputs[index(head) + 1];
        if (renamed[index(output)] >= 0) output = renamed[index(output)];
        result_.parts.push_back({head, begin, count()});
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
    std::vector<bool> backbone_;  // by node
    std::vector<bool> is_taken_;  // by node: some head has it already
    InterleavedGraph result_;
};

}  // namespace

InterleavedGraph fuse_whole(const Graph& graph) {
    Graph fused = graph;
    fuse(fused);
    const auto nodes = static_cast<int>(fused.nodes.size());
    return {std::move(fused), {{-1, 0, nodes}}};
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
