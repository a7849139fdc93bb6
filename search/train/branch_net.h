// The heads of a group that have something in common, forwards and backwards: at site k
//
//     h_k = relu(V (f_k x_k) + b_k)     u_k = h_k, or u_(k-1) + h_k     logits_k = W_k u_k + c_k
//
// with one V for all sites and factors f of their inputs, or a V for each site and no factors. `Real` is float, or double where gradients are checked. A value; one
// thread.
#pragma once

#include "search/train/matrix.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace dyce {

struct BranchShape {
    std::vector<std::int64_t> inputs;  ///< by site; all alike where there is one matrix
    std::int64_t hidden = 0, classes = 0;
    bool one_matrix = false, sums = false;
};

template <class Real>
class BranchNet {
public:
    /// Parameters that lie together.
    struct Range {
        std::size_t begin = 0, count = 0;
    };
    struct Site {
        Range matrix;                    ///< V, hidden x inputs; the same for all sites where there is one
        Range factors;                   ///< f, one an input; none where each site has its matrix
        Range bias;                      ///< b
        Range weights, classifier_bias;  ///< W, classes x hidden; c
    };
    /// What a batch leaves behind, by site; `gradients` are those of the logits, which backward() is given.
    struct Scratch {
        std::vector<std::vector<Real>> scaled, hidden, sums, logits, gradients;
        std::vector<Real> of_sum, of_hidden, of_input;
    };

    /// Factors are one, other parameters zero.
    explicit BranchNet(BranchShape shape) : shape_(std::move(shape)) {
        std::size_t count = 0;
        const auto take = [&](std::int64_t size) {
            const Range range{count, static_cast<std::size_t>(size)};
            count += range.count;
            return range;
        };
        for (std::size_t k = 0; k < shape_.inputs.size(); ++k) {
            Site site;
            site.matrix =
                k > 0 && shape_.one_matrix ? sites_[0].matrix : take(shape_.hidden * shape_.inputs[k]);
            site.factors = take(shape_.one_matrix ? shape_.inputs[k] : 0);
            site.bias = take(shape_.hidden);
            site.weights = take(shape_.classes * shape_.hidden);
            site.classifier_bias = take(shape_.classes);
            sites_.push_back(site);
        }
        parameters_.resize(count);
        for (const Site& site : sites_)
            std::fill_n(parameters_.data() + site.factors.begin, site.factors.count, Real{1});
    }

    const BranchShape& shape() const { return shape_; }
    const std::vector<Site>& sites() const { return sites_; }
    std::vector<Real>& parameters() { return parameters_; }
    const std::vector<Real>& parameters() const { return parameters_; }

    /// Logits of `rows` inputs by site, valid until the scratch is used again.
    const std::vector<std::vector<Real>>& forward(std::span<const std::vector<Real>> inputs,
                                                  std::int64_t rows, Scratch& scratch) const {
        scratch.scaled.resize(sites_.size());
        scratch.hidden.resize(sites_.size());
        scratch.sums.resize(sites_.size());
        scratch.logits.resize(sites_.size());
        for (std::size_t k = 0; k < sites_.size(); ++k) {
            const Site& site = sites_[k];
            auto& hidden = scratch.hidden[k];
            if (shape_.one_matrix) scale(inputs[k], site, scratch.scaled[k]);
            affine(rows, input_of(inputs, scratch, k).data(), shape_.inputs[k], site.matrix, site.bias,
                   hidden);
            for (Real& number : hidden) number = std::max(number, Real{0});
            if (shape_.sums) {
                scratch.sums[k] = hidden;
                if (k > 0) add(scratch.sums[k - 1], scratch.sums[k]);
            }
            affine(rows, read_of(scratch, k).data(), shape_.hidden, site.weights, site.classifier_bias,
                   scratch.logits[k]);
        }
        return scratch.logits;
    }

    /// Gradient of the parameters, in their order. After forward() with the same inputs.
    void backward(std::span<const std::vector<Real>> inputs, std::int64_t rows, Scratch& scratch,
                  std::vector<Real>& gradient) const {
        gradient.assign(parameters_.size(), Real{0});
        scratch.of_sum.assign(static_cast<std::size_t>(rows * shape_.hidden), Real{0});
        for (std::size_t k = sites_.size(); k-- > 0;) {
            const Site& site = sites_[k];
            const auto& out = scratch.gradients[k];
            add_product(out, shape_.classes, read_of(scratch, k), shape_.hidden, rows,
                        gradient.data() + site.weights.begin);
            add_columns(out, gradient.data() + site.classifier_bias.begin, site.classifier_bias.count);
            multiply(Transpose::kNo, Transpose::kNo, rows, shape_.hidden, shape_.classes, out.data(),
                     parameters_.data() + site.weights.begin, static_cast<Real>(shape_.sums),
                     scratch.of_sum.data());
            scratch.of_hidden = scratch.of_sum;
            for (std::size_t i = 0; i < scratch.of_hidden.size(); ++i)
                if (scratch.hidden[k][i] <= 0) scratch.of_hidden[i] = 0;
            add_product(scratch.of_hidden, shape_.hidden, input_of(inputs, scratch, k), shape_.inputs[k],
                        rows, gradient.data() + site.matrix.begin);
            if (shape_.one_matrix) add_to_factors(inputs[k], k, rows, scratch, gradient);
            add_columns(scratch.of_hidden, gradient.data() + site.bias.begin, site.bias.count);
        }
    }

private:
    // What the site's matrix reads.
    const std::vector<Real>& input_of(std::span<const std::vector<Real>> inputs, const Scratch& scratch,
                                      std::size_t k) const {
        return shape_.one_matrix ? scratch.scaled[k] : inputs[k];
    }

    void scale(const std::vector<Real>& input, const Site& site, std::vector<Real>& scaled) const {
        const Real* factors = parameters_.data() + site.factors.begin;
        scaled.resize(input.size());
        for (std::size_t row = 0; row < input.size(); row += site.factors.count)
            for (std::size_t i = 0; i < site.factors.count; ++i)
                scaled[row + i] = input[row + i] * factors[i];
    }

    void add_to_factors(const std::vector<Real>& input, std::size_t k, std::int64_t rows, Scratch& scratch,
                        std::vector<Real>& gradient) const {
        const Site& site = sites_[k];
        scratch.of_input.resize(input.size());
        multiply(Transpose::kNo, Transpose::kNo, rows, shape_.inputs[k], shape_.hidden,
                 scratch.of_hidden.data(), parameters_.data() + site.matrix.begin, Real{0},
                 scratch.of_input.data());
        Real* factors = gradient.data() + site.factors.begin;
        for (std::size_t row = 0; row < input.size(); row += site.factors.count)
            for (std::size_t i = 0; i < site.factors.count; ++i)
                factors[i] += scratch.of_input[row + i] * input[row + i];
    }

    // What the site's classifier reads.
    const std::vector<Real>& read_of(const Scratch& scratch, std::size_t k) const {
        return shape_.sums ? scratch.sums[k] : scratch.hidden[k];
    }

    void affine(std::int64_t rows, const Real* in, std::int64_t width, const Range& weights,
                const Range& bias, std::vector<Real>& out) const {
        const Real* from = parameters_.data() + bias.begin;
        out.resize(static_cast<std::size_t>(rows) * bias.count);
        for (std::size_t i = 0; i < out.size(); i += bias.count)
            std::copy_n(from, bias.count, out.data() + i);
        multiply(Transpose::kNo, Transpose::kYes, rows, static_cast<std::int64_t>(bias.count), width, in,
                 parameters_.data() + weights.begin, Real{1}, out.data());
    }

    // to += a^T b, of `rows` rows.
    static void add_product(const std::vector<Real>& a, std::int64_t a_width, const std::vector<Real>& b,
                            std::int64_t b_width, std::int64_t rows, Real* to) {
        multiply(Transpose::kYes, Transpose::kNo, a_width, b_width, rows, a.data(), b.data(), Real{1}, to);
    }

    static void add(const std::vector<Real>& more, std::vector<Real>& to) {
        for (std::size_t i = 0; i < to.size(); ++i) to[i] += more[i];
    }

    static void add_columns(const std::vector<Real>& matrix, Real* sums, std::size_t columns) {
        for (std::size_t i = 0; i < matrix.size(); i += columns)
            for (std::size_t j = 0; j < columns; ++j) sums[j] += matrix[i + j];
    }

    BranchShape shape_;
    std::vector<Site> sites_;
    std::vector<Real> parameters_;
};

}  // namespace dyce
