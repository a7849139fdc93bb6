// Before: one of Clip(x) and Relu(x) after another
// After:  a single Clip, or Relu when its bounds are 0 and none (F.relu6 is exported as Relu and Clip)
// Conditions: no upper bound is below its lower one.
#include "graph/passes/passes.h"
#include "graph/passes/rewriter.h"

#include <algorithm>
#include <limits>
#include <optional>

namespace dyce {
namespace {

struct Bounds {
    float low, high;
};

constexpr float kLowest = std::numeric_limits<float>::lowest();
constexpr float kHighest = std::numeric_limits<float>::max();

std::optional<Bounds> bounds_of(const Node* node) {
    if (node == nullptr || !node->post_ops.empty()) return std::nullopt;
    if (node->spec->name == "Relu") return Bounds{0, kHighest};
    if (node->spec->name != "Clip") return std::nullopt;
    const Bounds bounds{node->attributes.real("min", kLowest), node->attributes.real("max", kHighest)};
    if (!(bounds.low <= bounds.high)) return std::nullopt;
    return bounds;
}

}  // namespace

bool join_clips(Graph& graph) {
    const OpSpec& clip = *find_op("Clip");
    const OpSpec& relu = *find_op("Relu");
    Rewriter rewriter(graph);
    return rewriter.sweep([&](Node& node) {
        const auto outer = bounds_of(&node);
        if (!outer) return;
        const Node* before = rewriter.producer(node.inputs[0]);
        const auto inner = bounds_of(before);
        if (!inner) return;
        const float low = std::clamp(inner->low, outer->low, outer->high);
        const float high = std::clamp(inner->high, outer->low, outer->high);
        if (low == 0 && high == kHighest)
            rewriter.become(node, relu, {}, {before->inputs[0]});
        else
            rewriter.become(node, clip, {{"min", low}, {"max", high}}, {before->inputs[0]});
    });
}

}  // namespace dyce
