// Einsum as products of matrices: operands are joined one by one, and what no later one needs is summed at once.
#include "loaders/import/onnx/conversions.h"
#include "loaders/import/onnx/reshape.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <numeric>
#include <set>

namespace dyce {
namespace {

using Labels =
    std::string;  ///< one for each axis; those that "..." stands for are '1', '2', .. from the last

/// An operand with names for its axes.
struct Term {
    Operand* operand;
    Labels labels;
};

bool holds(const Labels& labels, char label) { return labels.find(label) != Labels::npos; }

class Einsum {
public:
    explicit Einsum(NodeContext& node) : node_(node) {
        std::string equation = node.attributes().text("equation", "");
        std::erase(equation, ' ');
        const auto arrow = equation.find("->");
        std::vector<std::string> sides;
        std::string left = equation.substr(0, arrow) + ",";
        for (std::size_t at; (at = left.find(',')) != std::string::npos; left.erase(0, at + 1))
            sides.push_back(left.substr(0, at));
        const auto inputs = node.inputs();
        if (sides.size() != inputs.size())
            node.fail("equation names " + std::to_string(sides.size()) + " operands for " +
                      std::to_string(inputs.size()));
        for (std::size_t i = 0; i < inputs.size(); ++i)
            terms_.push_back({inputs[i], spelt_out(sides[i], inputs[i]->type.shape.rank())});
        result_ = arrow == std::string::npos ? implied_result() : spelt_out(equation.substr(arrow + 2), -1);
    }

    void finish() {
        Term term = diagonal(terms_[0]);
        for (std::size_t i = 1; i < terms_.size(); ++i) {
            Labels needed = result_;
            for (std::size_t j = i + 1; j < terms_.size(); ++j) needed += terms_[j].labels;
            term = join(term, diagonal(terms_[i]), needed);
        }
        term = sum_all_but(term, result_);
        for (const char label : result_)
            if (!holds(term.labels, label) || std::count(result_.begin(), result_.end(), label) > 1)
                node_.fail("equation's result names an unknown axis, or one twice");
        node_.finish("Identity", {ordered(term, result_).operand});
    }

private:
    // "..." becomes as many labels as it stands for; of the result (rank -1) as many as any operand has.
    Labels spelt_out(const std::string& side, int rank) {
        const auto dots = side.find("...");
        Labels labels = side;
        for (std::size_t i = 0; i < side.size(); ++i)
            if (std::isalpha(static_cast<unsigned char>(side[i])) == 0 && (i < dots || i >= dots + 3))
                node_.fail("equation is \"" + node_.attributes().text("equation", "") + "\"");
        if (dots != std::string::npos) {
            const int count = rank < 0 ? ellipsis_ : rank - static_cast<int>(side.size()) + 3;
            if (count < 0 || count > Shape::kMaxRank) node_.fail("equation does not fit the operands' ranks");
            ellipsis_ = std::max(ellipsis_, count);
            Labels many;
            for (int i = count; i > 0; --i) many += static_cast<char>('0' + i);
            labels.replace(dots, 3, many);
        } else if (rank >= 0 && static_cast<int>(side.size()) != rank) {
            node_.fail("equation's \"" + side + "\" stands for a tensor of rank " + std::to_string(rank));
        }
        return labels;
    }

    // What occurs once, in alphabetical order, behind what "..." stands for.
    Labels implied_result() const {
        std::map<char, int> counts;
        for (const Term& term : terms_)
            for (const char label : term.labels) ++counts[label];
        Labels dots, letters;
        for (const auto& [label, count] : counts)
            if (label <= '9')
                dots.insert(dots.begin(), label);
            else if (count == 1)
                letters += label;
        return dots + letters;
    }

    // An axis named twice: times the unit matrix, then summed over the second.
    Term diagonal(Term term) {
        for (std::size_t j = 1; j < term.labels.size(); ++j) {
            const auto i = term.labels.find(term.labels[j]);
            if (i >= j) continue;
            const Shape& shape = term.operand->type.shape;
            const std::int64_t size = shape[static_cast<int>(i)];
            Shape unit_shape;
            for (std::size_t axis = i; axis < term.labels.size(); ++axis)
                unit_shape.push_back(axis == i || axis == j ? size : 1);
            Tensor unit = node_.new_constant(DataType::kFloat32, unit_shape);
            std::fill_n(unit.mutable_data<float>(), unit.elements(), 0.f);
            for (std::int64_t k = 0; k < size; ++k) unit.mutable_data<float>()[k * (size + 1)] = 1;
            Operand* chosen = node_.add("Mul", {term.operand, node_.make_constant("unit", std::move(unit))});
            term = sum_axes({chosen, term.labels}, {static_cast<std::int64_t>(j)});
            --j;
        }
        return term;
    }

    Term sum_axes(const Term& term, const std::vector<std::int64_t>& axes) {
        if (axes.empty()) return term;
        Term sum{node_.add("ReduceSum", {term.operand}, {{"axes", axes}, {"keepdims", std::int64_t{0}}}), ""};
        for (std::size_t i = 0; i < term.labels.size(); ++i)
            if (std::find(axes.begin(), axes.end(), static_cast<std::int64_t>(i)) == axes.end())
                sum.labels += term.labels[i];
        return sum;
    }

    Term sum_all_but(const Term& term, const Labels& kept) {
        std::vector<std::int64_t> axes;
        for (std::size_t i = 0; i < term.labels.size(); ++i)
            if (!holds(kept, term.labels[i])) axes.push_back(static_cast<std::int64_t>(i));
        return sum_axes(term, axes);
    }

    // The axes in the order of `labels`; those that the term lacks have size 1.
    Term ordered(const Term& term, const Labels& labels) {
        std::vector<std::int64_t> order, missing;
        for (std::size_t i = 0; i < labels.size(); ++i)
            if (const auto at = term.labels.find(labels[i]); at != Labels::npos)
                order.push_back(static_cast<std::int64_t>(at));
            else
                missing.push_back(static_cast<std::int64_t>(i));
        Operand* operand = term.operand;
        if (!std::is_sorted(order.begin(), order.end()))
            operand = node_.add("Transpose", {operand}, {{"perm", order}});
        if (!missing.empty()) operand = node_.add("Unsqueeze", {operand}, {{"axes", missing}});
        return {operand, labels};
    }

    // The last `count` axes but `behind` as one.
    Operand* merged(Operand* operand, std::size_t first, std::size_t count, std::int64_t* size) {
        const Shape& from = operand->type.shape;
        Shape to(from.begin(), from.begin() + static_cast<std::ptrdiff_t>(first));
        const auto begin = from.begin() + static_cast<std::ptrdiff_t>(first);
        *size = Shape(begin, begin + static_cast<std::ptrdiff_t>(count)).elements();
        to.push_back(*size);
        for (auto dim = begin + static_cast<std::ptrdiff_t>(count); dim != from.end(); ++dim)
            to.push_back(*dim);
        return count == 1 ? operand : node_.add("Reshape", {operand}, reshape_to(node_, from, to));
    }

    Term join(Term a, Term b, const Labels& needed) {
        a = sum_all_but(a, needed + b.labels);
        b = sum_all_but(b, needed + a.labels);
        Labels batch, summed, only_a, only_b;
        for (const char label : a.labels)
            (!holds(b.labels, label) ? only_a : holds(needed, label) ? batch : summed) += label;
        for (const char label : b.labels)
            if (!holds(a.labels, label)) only_b += label;
        // What "..." stands for may be missing in one, or 1 there: that is broadcast.
        const auto move_dots = [&](Labels& from) {
            for (std::size_t i = 0; i < from.size();)
                if (from[i] <= '9')
                    batch += from[i], from.erase(i, 1);
                else
                    ++i;
        };
        move_dots(only_a);
        move_dots(only_b);
        if (summed.empty()) {
            const Labels all = batch + only_a + only_b;
            return {node_.add("Mul", {ordered(a, all).operand, ordered(b, all).operand}), all};
        }
        const std::size_t first = batch.size();
        std::int64_t rows = 1, depth = 1, columns = 1;
        Operand* left = ordered(a, batch + only_a + summed).operand;
        Operand* right = ordered(b, batch + summed + only_b).operand;
        Shape shape = left->type.shape, other = right->type.shape;
        left = merged(left, first + only_a.size(), summed.size(), &depth);
        left = merged(left, first, only_a.size(), &rows);
        right = merged(right, first + summed.size(), only_b.size(), &columns);
        right = merged(right, first, summed.size(), &depth);
        Operand* product = node_.add("MatMul", {left, right});
        Shape to(product->type.shape.begin(),
                 product->type.shape.begin() + static_cast<std::ptrdiff_t>(first));
        for (std::size_t i = 0; i < only_a.size(); ++i) to.push_back(shape[static_cast<int>(first + i)]);
        for (std::size_t i = 0; i < only_b.size(); ++i)
            to.push_back(other[static_cast<int>(first + summed.size() + i)]);
        if (to != product->type.shape)
            product = node_.add("Reshape", {product}, reshape_to(node_, product->type.shape, to));
        return {product, batch + only_a + only_b};
    }

    NodeContext& node_;
    int ellipsis_ = 0;  ///< axes that "..." stands for, at most
    std::vector<Term> terms_;
    Labels result_;
};

void convert_einsum(NodeContext& node) { Einsum(node).finish(); }

constexpr Conversion kEinsumConversions[] = {{"Einsum", 12, 25, -1, "equation", convert_einsum}};

}  // namespace

std::span<const Conversion> einsum_conversions() { return kEinsumConversions; }

}  // namespace dyce
