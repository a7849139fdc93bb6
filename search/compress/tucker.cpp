#include "search/compress/tucker.h"

#include "search/compress/evbmf.h"

#include <cmath>

namespace dyce {
namespace {

constexpr int kMostRounds = 100;
constexpr double kEnough = 1e-9;  // of the core's length, between two rounds

// A tensor of outputs x channels x positions in double.
struct Cube {
    std::size_t outputs, inputs, positions;
    std::vector<double> numbers;

    Matrix by_outputs() const {
        Matrix matrix(outputs, inputs * positions);
        matrix.numbers = numbers;
        return matrix;
    }
    Matrix by_inputs() const {
        Matrix matrix(inputs, outputs * positions);
        for (std::size_t o = 0; o < outputs; ++o)
            for (std::size_t i = 0; i < inputs; ++i)
                for (std::size_t p = 0; p < positions; ++p)
                    matrix(i, o * positions + p) = numbers[(o * inputs + i) * positions + p];
        return matrix;
    }
};

// The cube with `factor`' (rank x outputs) in place of its outputs, or of its inputs.
Cube along_outputs(const Cube& cube, const Matrix& factor) {
    return {factor.columns, cube.inputs, cube.positions,
            product(transposed(factor), cube.by_outputs()).numbers};
}

Cube along_inputs(const Cube& cube, const Matrix& factor) {
    const Matrix turned = product(transposed(factor), cube.by_inputs());  // rank x (outputs * positions)
    Cube result{cube.outputs, factor.columns, cube.positions, std::vector<double>(turned.numbers.size())};
    for (std::size_t o = 0; o < result.outputs; ++o)
        for (std::size_t i = 0; i < result.inputs; ++i)
            for (std::size_t p = 0; p < result.positions; ++p)
                result.numbers[(o * result.inputs + i) * result.positions + p] =
                    turned(i, o * result.positions + p);
    return result;
}

double length_of(const Cube& cube) {
    double squares = 0;
    for (const double number : cube.numbers) squares += number * number;
    return std::sqrt(squares);
}

Tensor as_floats(const std::vector<double>& numbers, const Shape& shape) {
    Tensor tensor(DataType::kFloat32, shape);
    for (std::size_t i = 0; i < numbers.size(); ++i)
        tensor.mutable_data<float>()[i] = static_cast<float>(numbers[i]);
    return tensor;
}

Cube cube_of(const Tensor& weights) {
    const auto outputs = static_cast<std::size_t>(weights.shape()[0]);
    const auto inputs = static_cast<std::size_t>(weights.shape()[1]);
    const float* data = weights.data<float>();
    return {outputs, inputs, static_cast<std::size_t>(weights.elements()) / (outputs * inputs),
            std::vector<double>(data, data + weights.elements())};
}

Matrix leading_vectors(const Matrix& matrix, std::size_t count) {
    return first_columns(left_singular_vectors(matrix).vectors, count);
}

std::size_t rank_of(const Matrix& matrix) {
    const bool is_wide = matrix.rows <= matrix.columns;
    const Matrix wide = is_wide ? matrix : transposed(matrix);
    return variational_rank(left_singular_vectors(wide).values, wide.columns);
}

}  // namespace

Matrix unfolded(const Tensor& weights, int axis) {
    const Cube cube = cube_of(weights);
    return axis == 0 ? cube.by_outputs() : cube.by_inputs();
}

TuckerRanks tucker_ranks(const Tensor& weights) {
    return {rank_of(unfolded(weights, 0)), rank_of(unfolded(weights, 1))};
}

TuckerFactors tucker_factors(const Tensor& weights, const TuckerRanks& ranks) {
    const Cube cube = cube_of(weights);
    Matrix outputs = leading_vectors(cube.by_outputs(), ranks.outputs);
    Matrix inputs = leading_vectors(cube.by_inputs(), ranks.inputs);
    Cube core = along_inputs(along_outputs(cube, outputs), inputs);
    for (int round = 0; round < kMostRounds; ++round) {
        const double before = length_of(core);
        outputs = leading_vectors(along_inputs(cube, inputs).by_outputs(), ranks.outputs);
        const Cube half = along_outputs(cube, outputs);
        inputs = leading_vectors(half.by_inputs(), ranks.inputs);
        core = along_inputs(half, inputs);
        if (length_of(core) - before <= kEnough * before) break;
    }
    Shape kernel = weights.shape(), ones = weights.shape();
    kernel[0] = static_cast<std::int64_t>(ranks.outputs);
    kernel[1] = static_cast<std::int64_t>(ranks.inputs);
    for (int d = 2; d < ones.rank(); ++d) ones[d] = 1;
    Shape in = ones, out = ones;
    in[0] = kernel[1];
    out[1] = kernel[0];
    return {as_floats(transposed(inputs).numbers, in), as_floats(core.numbers, kernel),
            as_floats(outputs.numbers, out)};
}

}  // namespace dyce
