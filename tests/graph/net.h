// Small networks for the tests of passes: a builder with made-up constants, a network in one line, and
// whether two networks are the same. Each Net belongs to one test.
#pragma once

#include "graph/builder.h"

#include <random>
#include <string>
#include <vector>

namespace dyce::test {

using Ints = std::vector<std::int64_t>;

class Net {
public:
    explicit Net(unsigned seed = 1) : random_(seed) {}

    ValueId input(const Shape& shape, const std::string& name = "x");
    /// Uniform random numbers.
    ValueId weights(const Shape& shape, float low = -1, float high = 1);
    /// A scalar constant.
    ValueId number(float value);
    ValueId op(const std::string& op, std::vector<ValueId> inputs, Attributes attributes = {},
               const std::string& name = "");
    /// Weights of about unit gain; `pads` keep the size at stride 1.
    ValueId conv(ValueId x, std::int64_t channels, std::int64_t kernel = 1, std::int64_t groups = 1,
                 bool bias = true, std::int64_t stride = 1);
    ValueId batch_norm(ValueId x);
    ValueId matmul(ValueId x, std::int64_t features);
    ValueId gemm(ValueId x, std::int64_t features, Attributes attributes = {});

    const Shape& shape(ValueId x) const { return builder_.type(x).shape; }
    std::mt19937& random() { return random_; }
    /// A number from low to high, both included.
    int pick(int low, int high) { return std::uniform_int_distribution(low, high)(random_); }
    Graph build(const std::vector<ValueId>& outputs) &&;

private:
    GraphBuilder builder_;
    std::mt19937 random_;
    int constants_ = 0;
};

/// Its operators in order, post-ops after a plus: "Conv+Add+Relu Flatten Gemm".
std::string line(const Graph& graph);

/// Checks with doctest that both have the same inputs, names of outputs, multiply-adds and, on random inputs
/// of two images, outputs within 1e-4 of the largest number of each; and that `after` verifies.
void check_same(const Graph& before, const Graph& after);

/// Applies `pass`, checks that it says so when it changed something and that the network is the same, and
/// returns the line of what is left.
std::string line_after(bool (*pass)(Graph&), const Graph& graph);

}  // namespace dyce::test
