// Before: x * 0.5 * (1 + Erf(x / sqrt(2)))
//         x * 0.5 * (1 + Tanh(sqrt(2 / pi) * (x + 0.044715 * x^3)))
// After:  Gelu(x), its attribute "approximate" being "none" or "tanh"
// Conditions: factors and terms in any order, divisions for multiplications by constants, powers as Pow
//             or Mul.
#include "graph/passes/match.h"
#include "graph/passes/passes.h"

#include <cmath>

namespace dyce {
namespace {

using namespace pattern;

Pattern erf_form() {
    const Pattern x = any(0);
    return product(x, add(op("Erf", {scaled(x, std::sqrt(0.5))}), scalar(1)), 0.5);
}

Pattern tanh_form() {
    const double k = 0.044715;
    const double root = std::sqrt(2 / std::acos(-1.0));
    const Pattern x = any(0);
    const Pattern k_square = either({product(x, x, k), scaled(square(x), k)});
    const Pattern k_cube =
        either({mul(k_square, x), scaled(mul(square(x), x), k), scaled(op("Pow", {x, scalar(3)}), k)});
    const Pattern inner = either({scaled(add(x, k_cube), root), product(x, add(k_square, scalar(1)), root)});
    return product(x, add(op("Tanh", {inner}), scalar(1)), 0.5);
}

}  // namespace

bool recognize_gelu(Graph& graph) {
    const OpSpec& gelu = *find_op("Gelu");
    const Pattern erf = erf_form();
    const Pattern tanh = tanh_form();
    Rewriter rewriter(graph);
    return rewriter.sweep([&](Node& node) {
        if (const auto exact = match_pattern(rewriter, erf, node.outputs[0]))
            rewriter.become(node, gelu, {{"approximate", "none"}}, {(*exact)[0]});
        else if (const auto approximate = match_pattern(rewriter, tanh, node.outputs[0]))
            rewriter.become(node, gelu, {{"approximate", "tanh"}}, {(*approximate)[0]});
    });
}

}  // namespace dyce
