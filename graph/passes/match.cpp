#include "graph/passes/match.h"

#include <cmath>

namespace dyce {
namespace {

// What is still to be matched. Choices made on the way stay open until the last goal is reached, so every
// combination of orders and alternatives is tried; patterns are small.
struct Goal {
    const Pattern* pattern;
    ValueId value;
    const Goal* next;
};

class Matcher {
public:
    explicit Matcher(const Rewriter& graph) : graph_(graph) { match_.fill(-1); }

    bool solve(const Goal* goal) {
        if (goal == nullptr) return true;
        const int slot = goal->pattern->slot;
        if (slot < 0) return solve_unbound(*goal);
        ValueId& bound = match_[static_cast<std::size_t>(slot)];
        if (bound >= 0) return bound == goal->value && solve_unbound(*goal);
        bound = goal->value;
        if (solve_unbound(*goal)) return true;
        bound = -1;
        return false;
    }

    const Match& match() const { return match_; }

private:
    bool solve_unbound(const Goal& goal) {
        switch (goal.pattern->kind) {
            case Pattern::Kind::kAny: return solve(goal.next);
            case Pattern::Kind::kScalar: return is_scalar(goal) && solve(goal.next);
            case Pattern::Kind::kOp: return solve_op(goal);
            case Pattern::Kind::kEither: break;
        }
        for (const Pattern& alternative : goal.pattern->parts) {
            const Goal choice{&alternative, goal.value, goal.next};
            if (solve(&choice)) return true;
        }
        return false;
    }

    bool solve_op(const Goal& goal) {
        const Node* node = graph_.producer(goal.value);
        const auto& parts = goal.pattern->parts;
        if (node == nullptr || node->spec->name != goal.pattern->op || node->inputs.size() != parts.size() ||
            !node->post_ops.empty())
            return false;
        if (goal.pattern->condition && !goal.pattern->condition(*node)) return false;
        if (parts.size() == 1) {
            const Goal input{&parts[0], node->inputs[0], goal.next};
            return solve(&input);
        }
        const bool commutes =
            node->spec->binary == BinaryKind::kAdd || node->spec->binary == BinaryKind::kMul;
        return solve_pair(parts, node->inputs[0], node->inputs[1], goal.next) ||
               (commutes && solve_pair(parts, node->inputs[1], node->inputs[0], goal.next));
    }

    bool solve_pair(const std::vector<Pattern>& parts, ValueId left, ValueId right, const Goal* next) {
        const Goal second{&parts[1], right, next};
        const Goal first{&parts[0], left, &second};
        return solve(&first);
    }

    bool is_scalar(const Goal& goal) const {
        const Tensor* constant = graph_.constant(goal.value);
        if (constant == nullptr || constant->dtype() != DataType::kFloat32 || constant->elements() != 1)
            return false;
        const auto& number = goal.pattern->number;
        return !number || std::abs(*constant->data<float>() - *number) <= 1e-5 * std::abs(*number);
    }

    const Rewriter& graph_;
    Match match_;
};

}  // namespace

std::optional<Match> match_pattern(const Rewriter& graph, const Pattern& pattern, ValueId value) {
    Matcher matcher(graph);
    const Goal goal{&pattern, value, nullptr};
    if (!matcher.solve(&goal)) return std::nullopt;
    return matcher.match();
}

namespace pattern {

using Kind = Pattern::Kind;

Pattern any(int slot) { return {.kind = Kind::kAny, .slot = slot}; }

Pattern scalar(double number) { return {.kind = Kind::kScalar, .number = number}; }

Pattern any_scalar(int slot) { return {.kind = Kind::kScalar, .slot = slot}; }

Pattern op(std::string_view name, std::vector<Pattern> inputs, std::function<bool(const Node&)> condition) {
    return {.kind = Kind::kOp, .op = name, .parts = std::move(inputs), .condition = std::move(condition)};
}

Pattern either(std::vector<Pattern> alternatives) {
    return {.kind = Kind::kEither, .parts = std::move(alternatives)};
}

Pattern bind(int slot, Pattern inner) {
    inner.slot = slot;
    return inner;
}

Pattern add(Pattern a, Pattern b) { return op("Add", {std::move(a), std::move(b)}); }

Pattern mul(Pattern a, Pattern b) { return op("Mul", {std::move(a), std::move(b)}); }

Pattern scaled(const Pattern& x, double c) {
    return either({mul(x, scalar(c)), op("Div", {x, scalar(1 / c)})});
}

Pattern product(const Pattern& x, const Pattern& y, double c) {
    return either({scaled(mul(x, y), c), mul(scaled(x, c), y), mul(x, scaled(y, c))});
}

Pattern square(const Pattern& x) { return either({mul(x, x), op("Pow", {x, scalar(2)})}); }

}  // namespace pattern
}  // namespace dyce
