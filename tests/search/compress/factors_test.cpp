// Covers evbmf, matrix, tucker.
// Ranks and factors of weights, against numpy (vbmf_reference.py, which prints the rows below).
#include "loaders/format/safetensors.h"
#include "search/compress/evbmf.h"
#include "search/compress/tucker.h"
#include "tests/support/support.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

using namespace dyce;

namespace {

class Drawing {
public:
    explicit Drawing(std::uint64_t seed) : state_(seed) {}
    double uniform() {
        state_ = state_ * 6364136223846793005u + 1442695040888963407u;
        return static_cast<double>(state_ >> 40) / (1 << 24) - 0.5;
    }

private:
    std::uint64_t state_;
};

// The same numbers as draw() in vbmf_reference.py.
Tensor draw(std::uint64_t seed, std::int64_t outputs, std::int64_t inputs, std::int64_t kernel,
            std::int64_t rank, double noise) {
    Drawing drawing(seed);
    const auto numbers = [&](std::int64_t count) {
        std::vector<double> list;
        for (std::int64_t i = 0; i < count; ++i) list.push_back(drawing.uniform());
        return list;
    };
    const auto a = numbers(outputs * rank), b = numbers(rank * inputs), c = numbers(rank * kernel);
    Tensor weights(DataType::kFloat32, {outputs, inputs, 3, kernel / 3});
    float* to = weights.mutable_data<float>();
    for (std::int64_t o = 0; o < outputs; ++o)
        for (std::int64_t i = 0; i < inputs; ++i)
            for (std::int64_t k = 0; k < kernel; ++k) {
                double sum = 0;
                for (std::int64_t r = 0; r < rank; ++r)
                    sum += a[static_cast<std::size_t>(o * rank + r)] *
                           b[static_cast<std::size_t>(r * inputs + i)] *
                           c[static_cast<std::size_t>(r * kernel + k)];
                *to++ = static_cast<float>(sum + noise * drawing.uniform());
            }
    return weights;
}

// ||weights - factors|| / ||weights||, summed up by definition.
double error_of(const Tensor& weights, const TuckerFactors& factors) {
    const std::int64_t outputs = weights.shape()[0], inputs = weights.shape()[1];
    const std::int64_t taps = weights.elements() / (outputs * inputs);
    const std::int64_t p = factors.core.shape()[0], q = factors.core.shape()[1];
    double off = 0, all = 0;
    for (std::int64_t o = 0; o < outputs; ++o)
        for (std::int64_t i = 0; i < inputs; ++i)
            for (std::int64_t k = 0; k < taps; ++k) {
                double near = 0;
                for (std::int64_t a = 0; a < p; ++a)
                    for (std::int64_t b = 0; b < q; ++b)
                        near += static_cast<double>(factors.outputs.data<float>()[o * p + a]) *
                                static_cast<double>(factors.core.data<float>()[(a * q + b) * taps + k]) *
                                static_cast<double>(factors.inputs.data<float>()[b * inputs + i]);
                const auto weight = static_cast<double>(weights.data<float>()[(o * inputs + i) * taps + k]);
                off += (weight - near) * (weight - near);
                all += weight * weight;
            }
    return std::sqrt(off / all);
}

}  // namespace

TEST_CASE("factors: ranks and errors are those of numpy") {
    const struct {
        std::uint64_t seed;
        std::int64_t outputs, inputs, kernel, rank;
        double noise;
        std::size_t by_outputs, by_inputs;
        double error;  // at a quarter of the outputs and of the inputs
    } rows[] = {
        {1, 16, 16, 9, 3, 0.02, 3, 3, 0.149608314},    {2, 32, 16, 9, 5, 0.05, 5, 5, 0.362651761},
        {3, 64, 64, 9, 12, 0.05, 12, 12, 0.166210363}, {4, 24, 48, 9, 8, 0.01, 8, 8, 0.288086950},
        {5, 16, 16, 9, 2, 1, 0, 0, 0.892917638},       {6, 64, 32, 9, 20, 0.02, 20, 20, 0.518458143},
    };
    for (const auto& row : rows) {
        CAPTURE(row.seed);
        const Tensor weights = draw(row.seed, row.outputs, row.inputs, row.kernel, row.rank, row.noise);
        const TuckerRanks ranks = tucker_ranks(weights);
        CHECK(ranks.outputs == row.by_outputs);
        CHECK(ranks.inputs == row.by_inputs);
        const TuckerFactors factors = tucker_factors(
            weights, {static_cast<std::size_t>(row.outputs / 4), static_cast<std::size_t>(row.inputs / 4)});
        CHECK(factors.core.shape() == Shape{row.outputs / 4, row.inputs / 4, 3, row.kernel / 3});
        CHECK(std::abs(error_of(weights, factors) - row.error) < 1e-5);
    }
}

// rank() of vbmf_reference.py on every convolution, by name.
TEST_CASE("factors: ranks of the convolutions of published networks are those of numpy") {
    const std::filesystem::path shared = test::shared_folder();
    if (shared.empty()) return;
    using Ranks = std::vector<std::pair<std::size_t, std::size_t>>;
    const std::pair<const char*, Ranks> networks[] = {
        {"cifar10_resnet20",
         {{6, 1},
          {8, 13},
          {6, 6},
          {3, 6},
          {2, 3},
          {7, 7},
          {5, 6},
          {4, 8},
          {8, 8},
          {7, 10},
          {4, 5},
          {4, 7},
          {5, 4},
          {10, 8},
          {4, 13},
          {6, 9},
          {9, 5},
          {9, 8},
          {26, 21}}},
        {"cifar10_resnet56",
         {{5, 1},   {12, 11}, {4, 12},  {5, 8},   {5, 5},   {4, 6},   {4, 4},   {5, 5},   {4, 4},   {10, 4},
          {4, 7},   {7, 5},   {5, 8},   {4, 6},   {6, 5},   {9, 6},   {7, 8},   {9, 4},   {7, 8},   {7, 7},
          {9, 14},  {10, 16}, {7, 6},   {8, 11},  {5, 6},   {10, 11}, {6, 6},   {8, 9},   {7, 6},   {9, 8},
          {6, 6},   {7, 10},  {6, 7},   {7, 9},   {8, 8},   {7, 10},  {11, 8},  {14, 10}, {12, 21}, {15, 32},
          {10, 7},  {14, 20}, {11, 10}, {9, 13},  {11, 10}, {6, 13},  {14, 12}, {7, 10},  {17, 14}, {13, 11},
          {20, 20}, {23, 14}, {29, 30}, {25, 21}, {32, 33}}}};
    for (const auto& network : networks) {
        const Safetensors file = Safetensors::open(
            (shared / "assets/cifar10" / (std::string(network.first) + ".safetensors")).string());
        Ranks ranks;
        for (const auto& [tensor, entry] : file.entries()) {
            if (entry.shape.rank() != 4) continue;
            const TuckerRanks found = tucker_ranks(file.tensor(tensor));
            ranks.emplace_back(found.outputs, found.inputs);
        }
        CHECK(ranks == network.second);
    }
}

TEST_CASE("factors: of full rank they give the weights again") {
    const Tensor weights = draw(9, 8, 6, 9, 4, 1);
    CHECK(error_of(weights, tucker_factors(weights, {8, 6})) < 1e-6);
}

TEST_CASE("factors: singular values of a matrix whose values are known") {
    // Columns of a turned basis, lengths 3 and 2: values worked out by hand.
    Matrix a(2, 3);
    a(0, 0) = 3 * 0.6, a(0, 1) = 3 * 0.8, a(1, 0) = -2 * 0.8, a(1, 1) = 2 * 0.6;
    const LeftVectors left = left_singular_vectors(a);
    CHECK(left.values[0] == doctest::Approx(3));
    CHECK(left.values[1] == doctest::Approx(2));
    Matrix b(2, 1);
    b(0, 0) = 5, b(1, 0) = 4;
    Matrix positive(2, 2);
    positive(0, 0) = 2, positive(0, 1) = positive(1, 0) = 1, positive(1, 1) = 3;
    const Matrix x = solve(positive, b);  // 2x + y = 5, x + 3y = 4
    CHECK(x(0, 0) == doctest::Approx(2.2));
    CHECK(x(1, 0) == doctest::Approx(0.6));
    CHECK(variational_rank({0, 0, 0}, 5) == 0);
    CHECK(variational_rank({}, 5) == 0);
}
