// Covers loss, matrix, mlp.
#include "search/train/loss.h"
#include "search/train/mlp.h"
#include "search/train/random.h"

#include <doctest/doctest.h>

#include <cmath>

using namespace dyce;

namespace {

template <class Real>
std::vector<Real> random_numbers(std::size_t count, std::uint64_t seed) {
    Random random(seed, 0);
    std::vector<Real> numbers(count);
    for (Real& number : numbers) number = static_cast<Real>(2 * random.uniform() - 1);
    return numbers;
}

// The loss of a few images, summed; fills the gradient of the logits.
double total_loss(const Mlp<double>& mlp, const LossOptions& options, const std::vector<double>& inputs,
                  std::int64_t rows, Mlp<double>::Scratch& scratch) {
    const auto logits = mlp.forward(inputs.data(), rows, scratch);
    const std::size_t classes = logits.size() / static_cast<std::size_t>(rows);
    const auto teacher = random_numbers<float>(logits.size(), 5);
    scratch.gradients.resize(mlp.layers());
    scratch.gradients.back().resize(logits.size());
    double loss = 0;
    for (std::size_t r = 0; r < static_cast<std::size_t>(rows); ++r)
        loss += head_loss<double>(
            options, logits.subspan(r * classes, classes), static_cast<int>(r % classes),
            std::span(teacher).subspan(r * classes, classes), scratch.gradients.back().data() + r * classes);
    return loss;
}

}  // namespace

TEST_CASE("gradients are what finite differences say") {
    const std::int64_t rows = 5;
    for (const std::vector<std::int64_t>& widths :
         {std::vector<std::int64_t>{7, 3}, {6, 5, 4}, {4, 6, 5, 3}, {3, 4, 4, 4, 2}})
        for (const LossOptions& options :
             {LossOptions{1, 1, 0}, LossOptions{0.5, 1, 0}, LossOptions{0.3, 4, 0.2}}) {
            Mlp<double> mlp(widths);
            mlp.parameters() = random_numbers<double>(mlp.parameters().size(), 3);
            const auto inputs = random_numbers<double>(static_cast<std::size_t>(rows * widths[0]), 4);
            Mlp<double>::Scratch scratch;
            std::vector<double> gradient;
            total_loss(mlp, options, inputs, rows, scratch);
            mlp.backward(inputs.data(), rows, scratch, gradient);
            REQUIRE(gradient.size() == mlp.parameters().size());
            for (std::size_t i = 0; i < gradient.size(); ++i) {
                const double kept = mlp.parameters()[i], h = 1e-6;
                mlp.parameters()[i] = kept + h;
                const double above = total_loss(mlp, options, inputs, rows, scratch);
                mlp.parameters()[i] = kept - h;
                const double below = total_loss(mlp, options, inputs, rows, scratch);
                mlp.parameters()[i] = kept;
                const double expected = (above - below) / (2 * h);
                CHECK(std::abs(gradient[i] - expected) < 1e-7 * (1 + std::abs(expected)));
            }
        }
}

TEST_CASE("float32 products are the plain ones") {
    const std::int64_t m = 9, n = 17, k = 33;
    for (const Transpose ta : {Transpose::kNo, Transpose::kYes})
        for (const Transpose tb : {Transpose::kNo, Transpose::kYes})
            for (const int keep : {0, 1}) {
                const auto a = random_numbers<float>(m * k, 1), b = random_numbers<float>(k * n, 2);
                auto c = random_numbers<float>(m * n, 3);
                std::vector<double> exact(c.begin(), c.end());
                multiply(ta, tb, m, n, k, a.data(), b.data(), static_cast<float>(keep), c.data());
                multiply(ta, tb, m, n, k, std::vector<double>(a.begin(), a.end()).data(),
                         std::vector<double>(b.begin(), b.end()).data(), keep, exact.data());
                for (std::size_t i = 0; i < c.size(); ++i)
                    CHECK(std::abs(static_cast<double>(c[i]) - exact[i]) < 1e-5);
            }
}
