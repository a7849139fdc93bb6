// Averages over a grid of cells that covers each plane: of `output_size` [h, w] cells, cell (y, x) covers
// rows floor(y * H / h) up to ceil((y + 1) * H / h), columns alike. Neighbours overlap where h does not
// divide H. PyTorch's AdaptiveAvgPool2d (docs/method.md, "Exit heads").
#include "ops/adaptive_cells.h"
#include "ops/lowering/post_ops.h"
#include "ops/pool.h"
#include "ops/spec/checks.h"

namespace dyce::ops::adaptive_average_pool {

extern const OpSpec spec;

namespace {

constexpr AttributeSpec kAttributes[] = {{"output_size", AttributeKind::kInts, true}};

struct Grid {
    std::int64_t height, width;  // of the input
    std::int64_t rows, columns;  // of the output
};

Grid grid_of(const OpCall& call) {
    const Shape& input = call.inputs[0].shape;
    if (input.rank() != 4) call.fail("input is " + input.to_string() + ", expected rank 4");
    const auto size = call.attributes.integers("output_size");
    if (size.size() != 2 || size[0] < 1 || size[1] < 1 || size[0] > input[2] || size[1] > input[3])
        call.fail("output_size is " + list_text(size) +
                  ", expected two sizes from 1 to those of the input, " + input.to_string());
    return {input[2], input[3], size[0], size[1]};
}

std::vector<TensorType> infer(const OpCall& call) {
    expect_float32(call);
    const Grid grid = grid_of(call);
    const Shape& input = call.inputs[0].shape;
    return {{DataType::kFloat32, {input[0], input[1], grid.rows, grid.columns}}};
}

float average(const float* plane, std::int64_t width, Cell rows, Cell columns) {
    float sum = 0;
    for (std::int64_t y = rows.begin; y < rows.end; ++y)
        for (std::int64_t x = columns.begin; x < columns.end; ++x) sum += plane[y * width + x];
    return sum / static_cast<float>(rows.size() * columns.size());
}

void reference(const OpCall& call, std::span<const TensorView> in, std::span<const MutableTensorView> out) {
    const Grid grid = grid_of(call);
    const float* plane = in[0].data<float>();
    float* result = out[0].data<float>();
    for (std::int64_t i = 0; i < in[0].shape[0] * in[0].shape[1]; ++i, plane += grid.height * grid.width)
        for (std::int64_t y = 0; y < grid.rows; ++y)
            for (std::int64_t x = 0; x < grid.columns; ++x)
                *result++ = average(plane, grid.width, adaptive_cell(y, grid.rows, grid.height),
                                    adaptive_cell(x, grid.columns, grid.width));
}

// Cells of one size are the windows of an ordinary pool.
void lower(const OpCall& call, Lowering& lowering) {
    const Grid grid = grid_of(call);
    const bool even = grid.height % grid.rows == 0 && grid.width % grid.columns == 0;
    const auto axis = [](std::int64_t input, std::int64_t output) {
        return WindowAxis{
            .input = input, .output = output, .kernel = input / output, .stride = input / output};
    };
    const Window window{axis(grid.height, grid.rows), axis(grid.width, grid.columns)};
    if (!even || !lower_pool(dnnl::algorithm::pooling_avg_exclude_padding, window, lowering))
        lower_by_reference(spec, call, lowering);
}

}  // namespace

extern const OpSpec spec{.name = "AdaptiveAveragePool",
                         .domain = "dyce",
                         .attributes = kAttributes,
                         .infer = infer,
                         .reference = reference,
                         .lower = lower};

}  // namespace dyce::ops::adaptive_average_pool
