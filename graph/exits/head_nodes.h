// Which nodes of a network its heads are made of, and which of them run whether a head does or not. Made for
// one graph, which must outlive it; shared read-only.
#pragma once

#include "graph/exits/exits.h"

#include <cstddef>
#include <set>
#include <vector>

namespace dyce {

class HeadNodes {
public:
    /// Of `heads`, whose outputs and chains exist.
    HeadNodes(const Graph& graph, const std::vector<ExitHead>& heads);

    /// Per node: whether the classifier needs it.
    const std::vector<bool>& backbone() const { return backbone_; }
    /// Per node: whether the output needs it, and the classifier does not.
    std::vector<bool> needed_by(int output) const;
    /// Per node: whether it runs when head `head` does, and not before.
    std::vector<bool> own(std::size_t head) const;
    /// Per node: the head at whose site it runs with the stage, because a later head of a chain needs it; -1
    /// for all others.
    const std::vector<int>& feeds() const { return feeds_; }
    /// Values that are no constants and that `nodes` read and do not make.
    std::set<ValueId> sources(const std::vector<bool>& nodes) const;

private:
    const Graph& graph_;
    const std::vector<ExitHead>& heads_;
    std::vector<bool> backbone_;
    std::vector<int> feeds_;
};

}  // namespace dyce
