// A perceptron: linear layers with ReLU in between, forwards and backwards. `Real` is float, or double where
// gradients are checked. A value; one thread.
#pragma once

#include "search/train/matrix.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace dyce {

template <class Real>
class Mlp {
public:
    /// What a batch leaves behind in each layer: inputs of layer k + 1, and gradients of the same.
    struct Scratch {
        std::vector<std::vector<Real>> values, gradients;
    };

    /// `widths`: inputs, outputs of each layer. Parameters are zero.
    explicit Mlp(std::vector<std::int64_t> widths) : widths_(std::move(widths)) {
        std::size_t count = 0;
        for (std::size_t k = 0; k < layers(); ++k) count += size(k + 1) * (size(k) + 1);
        parameters_.resize(count);
    }

    std::size_t layers() const { return widths_.size() - 1; }
    std::int64_t width(std::size_t k) const { return widths_[k]; }
    /// Layer by layer: weights, outputs x inputs, then biases.
    std::vector<Real>& parameters() { return parameters_; }
    const std::vector<Real>& parameters() const { return parameters_; }
    /// Where layer k's weights begin; its biases follow after size(k) * size(k + 1) of them.
    std::size_t weights_at(std::size_t k) const {
        std::size_t offset = 0;
        for (std::size_t i = 0; i < k; ++i) offset += size(i + 1) * (size(i) + 1);
        return offset;
    }
    std::size_t biases_at(std::size_t k) const { return weights_at(k) + size(k) * size(k + 1); }

    /// Logits of `rows` inputs, valid until the scratch is used again.
    std::span<const Real> forward(const Real* inputs, std::int64_t rows, Scratch& scratch) const {
        scratch.values.resize(layers());
        for (std::size_t k = 0; k < layers(); ++k) {
            auto& out = scratch.values[k];
            out.resize(static_cast<std::size_t>(rows) * size(k + 1));
            const Real* bias = parameters_.data() + biases_at(k);
            for (auto row = out.begin(); row != out.end(); row += widths_[k + 1])
                std::copy_n(bias, size(k + 1), row);
            multiply(Transpose::kNo, Transpose::kYes, rows, widths_[k + 1], widths_[k],
                     k == 0 ? inputs : scratch.values[k - 1].data(), parameters_.data() + weights_at(k),
                     Real{1}, out.data());
            if (k + 1 < layers())
                for (Real& value : out) value = std::max(value, Real{0});
        }
        return scratch.values.back();
    }

    /// Gradient of the parameters, in their order, from that of the logits, which `scratch.gradients.back()`
    /// holds. After forward() with the same inputs.
    void backward(const Real* inputs, std::int64_t rows, Scratch& scratch,
                  std::vector<Real>& gradient) const {
        gradient.resize(parameters_.size());
        for (std::size_t k = layers(); k-- > 0;) {
            const auto& out = scratch.gradients[k];
            multiply(Transpose::kYes, Transpose::kNo, widths_[k + 1], widths_[k], rows, out.data(),
                     k == 0 ? inputs : scratch.values[k - 1].data(), Real{0},
                     gradient.data() + weights_at(k));
            add_columns(out, size(k + 1), gradient.data() + biases_at(k));
            if (k == 0) break;
            auto& in = scratch.gradients[k - 1];
            in.resize(static_cast<std::size_t>(rows) * size(k));
            multiply(Transpose::kNo, Transpose::kNo, rows, widths_[k], widths_[k + 1], out.data(),
                     parameters_.data() + weights_at(k), Real{0}, in.data());
            for (std::size_t i = 0; i < in.size(); ++i)
                if (scratch.values[k - 1][i] <= 0) in[i] = 0;
        }
    }

private:
    std::size_t size(std::size_t k) const { return static_cast<std::size_t>(widths_[k]); }

    static void add_columns(const std::vector<Real>& matrix, std::size_t columns, Real* sums) {
        std::fill_n(sums, columns, Real{0});
        for (std::size_t i = 0; i < matrix.size(); i += columns)
            for (std::size_t j = 0; j < columns; ++j) sums[j] += matrix[i + j];
    }

    std::vector<std::int64_t> widths_;
    std::vector<Real> parameters_;
};

}  // namespace dyce
