// Patterns of nodes, written down as expressions and matched backwards from a value. Patterns are plain
// values; matching changes nothing.
//
//     const Pattern x = any(0);
//     const Pattern silu = mul(x, op("Sigmoid", {x}));
//     if (const auto match = match_pattern(rewriter, silu, value)) use((*match)[0]);
#pragma once

#include "graph/passes/rewriter.h"

#include <array>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

namespace dyce {

struct Pattern {
    enum class Kind { kAny, kScalar, kOp, kEither };

    Kind kind = Kind::kAny;
    /// What matched is remembered under this number; the same number means the same value everywhere.
    int slot = -1;
    std::optional<double> number = {};                ///< kScalar; any number when empty
    std::string_view op = {};                         ///< kOp
    std::vector<Pattern> parts = {};                  ///< kOp: its inputs; kEither: the alternatives
    std::function<bool(const Node&)> condition = {};  ///< kOp: on the node, or empty
};

/// Values by slot, -1 where nothing was bound.
using Match = std::array<ValueId, 6>;

/// Matches the nodes that lead to `value`; for Add and Mul both orders of the inputs are tried. Nodes with
/// post-ops match nothing.
std::optional<Match> match_pattern(const Rewriter& graph, const Pattern& pattern, ValueId value);

namespace pattern {

/// Any value, the same one wherever `slot` occurs.
Pattern any(int slot);
/// A float32 constant with one element, equal to `number` within 1e-5 of it.
Pattern scalar(double number);
/// Any float32 constant with one element.
Pattern any_scalar(int slot);
/// A node of the operator with exactly these inputs, which satisfies `condition`.
Pattern op(std::string_view name, std::vector<Pattern> inputs,
           std::function<bool(const Node&)> condition = {});
Pattern either(std::vector<Pattern> alternatives);
/// `inner`, remembered under `slot`.
Pattern bind(int slot, Pattern inner);

Pattern add(Pattern a, Pattern b);
Pattern mul(Pattern a, Pattern b);
/// x * c, written as a multiplication by c or a division by 1/c.
Pattern scaled(const Pattern& x, double c);
/// x * y * c, multiplied in any order.
Pattern product(const Pattern& x, const Pattern& y, double c);
/// x * x, or x to the power of 2.
Pattern square(const Pattern& x);

}  // namespace pattern
}  // namespace dyce
