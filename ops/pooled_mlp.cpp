// An exit head in one step: adaptive average pooling of x (N, C, H, W) to the grid, flattened (c, y, x), then
// a multi-layer perceptron with ReLU between layers. Inputs: x; factors of the flattened numbers, or nothing; for
// each layer weights (in, out) and bias (out); all but x constant. Made by fuse_pooled_mlp; domain dyce. At a batch of one such a head takes less time than starting four primitives does.
#include "ops/adaptive_cells.h"
#include "ops/lowering/lowering.h"
#include "ops/lowering/panels.h"
#include "ops/lowering/vector.h"
#include "ops/spec/checks.h"
#include "runtime/core/threads.h"

#include <algorithm>

namespace dyce::ops::pooled_mlp {

extern const OpSpec spec;

namespace {

constexpr AttributeSpec kAttributes[] = {{"grid", AttributeKind::kInts, true}};

// Below this many weights waking other threads costs more than they save.
constexpr std::int64_t kWeightsForThreads = 8192;

struct Layer {
    std::int64_t in, out;
};

struct Problem {
    std::int64_t images, channels, height, width;
    std::int64_t rows, columns;  // of the grid
    std::size_t first_layer;     // among the inputs
    std::vector<Layer> layers;

    bool has_factors() const { return first_layer == 2; }
    std::int64_t features() const { return channels * rows * columns; }
    std::int64_t weights() const {
        std::int64_t count = 0;
        for (const Layer& layer : layers) count += layer.in * layer.out;
        return count;
    }
};

Problem problem_of(const OpCall& call) {
    const Shape& x = call.inputs[0].shape;
    if (x.rank() != 4) call.fail("input is " + x.to_string() + ", expected rank 4");
    const auto grid = call.attributes.integers("grid");
    if (grid.size() != 2 || grid[0] < 1 || grid[1] < 1 || grid[0] > x[2] || grid[1] > x[3])
        call.fail("grid is " + list_text(grid) + ", expected two numbers of 1 up to the size of " +
                  x.to_string());
    const std::size_t first_layer = call.inputs.size() % 2 == 0 ? 2 : 1;
    Problem problem{x[0], x[1], x[2], x[3], grid[0], grid[1], first_layer, {}};
    if (problem.has_factors() && call.inputs[1].shape != Shape{problem.features()})
        call.fail("factors are " + call.inputs[1].shape.to_string() + ", expected " +
                  std::to_string(problem.features()) + ", or weights and bias for each layer");
    std::int64_t in = problem.features();
    for (std::size_t i = first_layer; i < call.inputs.size(); i += 2) {
        const Shape &w = call.inputs[i].shape, &b = call.inputs[i + 1].shape;
        if (w.rank() != 2 || w[0] != in || b != Shape{w[1]})
            call.fail("layer " + std::to_string((i - first_layer) / 2) + " has weights " + w.to_string() +
                      " and bias " + b.to_string() + ", expected " + std::to_string(in) +
                      " inputs and a bias an output");
        problem.layers.push_back({in, w[1]});
        in = w[1];
    }
    return problem;
}

std::vector<TensorType> infer(const OpCall& call) {
    expect_float32(call);
    const Problem problem = problem_of(call);
    return {{DataType::kFloat32, {problem.images, problem.layers.back().out}}};
}

std::int64_t macs(const OpCall& call) {
    const Problem problem = problem_of(call);
    return problem.images * problem.weights();
}

void reference(const OpCall& call, std::span<const TensorView> in, std::span<const MutableTensorView> out) {
    const Problem problem = problem_of(call);
    const std::int64_t size = problem.height * problem.width;
    for (std::int64_t n = 0; n < problem.images; ++n) {
        std::vector<double> values;
        const float* factors = problem.has_factors() ? in[1].data<float>() : nullptr;
        for (std::int64_t c = 0; c < problem.channels; ++c)
            for (std::int64_t gy = 0; gy < problem.rows; ++gy)
                for (std::int64_t gx = 0; gx < problem.columns; ++gx) {
                    const Cell y = adaptive_cell(gy, problem.rows, problem.height);
                    const Cell x = adaptive_cell(gx, problem.columns, problem.width);
                    const float* plane = in[0].data<float>() + (n * problem.channels + c) * size;
                    double sum = 0;
                    for (std::int64_t i = y.begin; i < y.end; ++i)
                        for (std::int64_t j = x.begin; j < x.end; ++j)
                            sum += static_cast<double>(plane[i * problem.width + j]);
                    sum /= static_cast<double>(y.size() * x.size());
                    values.push_back(factors == nullptr ? sum : sum * static_cast<double>(*factors++));
                }
        for (std::size_t l = 0; l < problem.layers.size(); ++l) {
            const Layer& layer = problem.layers[l];
            const std::size_t at = problem.first_layer + 2 * l;
            std::vector<double> next(static_cast<std::size_t>(layer.out));
            for (std::int64_t j = 0; j < layer.out; ++j) {
                double sum = static_cast<double>(in[at + 1].data<float>()[j]);
                for (std::int64_t i = 0; i < layer.in; ++i)
                    sum += values[static_cast<std::size_t>(i)] *
                           static_cast<double>(in[at].data<float>()[i * layer.out + j]);
                next[static_cast<std::size_t>(j)] = l + 1 < problem.layers.size() ? std::max(sum, 0.0) : sum;
            }
            values = std::move(next);
        }
        std::copy(values.begin(), values.end(), out[0].data<float>() + n * problem.layers.back().out);
    }
}

// Channels lie in blocks of `block`, inside a block one after another: all of them channels-last, or 16.
struct Source {
    const float* data;
    std::int64_t block;
};

struct Window {
    Cell y, x;
    std::int64_t width, step;  // of the input; from pixel to pixel
};

// Sums of kLanes neighbouring channels over the window.
DYCE_INLINE void sum_chunk(const float* chunk, const Window& window, float* to) {
    Lanes sums = {};
    for (std::int64_t i = window.y.begin; i < window.y.end; ++i) {
        const float* pixel = chunk + (i * window.width + window.x.begin) * window.step;
        for (std::int64_t j = window.x.begin; j < window.x.end; ++j, pixel += window.step) {
            Lanes values;
            load(pixel, values);
            sums += values;
        }
    }
    std::memcpy(to, &sums, sizeof sums);
}

// The same for fewer channels.
DYCE_INLINE void sum_rest(const float* chunk, const Window& window, std::int64_t count, float* to) {
    std::fill_n(to, count, 0.f);
    for (std::int64_t i = window.y.begin; i < window.y.end; ++i)
        for (std::int64_t j = window.x.begin; j < window.x.end; ++j)
            for (std::int64_t k = 0; k < count; ++k) to[k] += chunk[(i * window.width + j) * window.step + k];
}

// Pools one image to (y, x, channel); `factors`, in the same order, may be null.
DYCE_VECTOR_CLONES void pool(const Problem& problem, const Source& source, const float* factors,
                             float* features) {
    const std::int64_t pixels = problem.height * problem.width;
    for (std::int64_t gy = 0; gy < problem.rows; ++gy)
        for (std::int64_t gx = 0; gx < problem.columns; ++gx) {
            const Window window{adaptive_cell(gy, problem.rows, problem.height),
                                adaptive_cell(gx, problem.columns, problem.width), problem.width,
                                source.block};
            for (std::int64_t c = 0; c < problem.channels; c += kLanes) {
                const std::int64_t count = std::min(kLanes, problem.channels - c);
                const float* chunk =
                    source.data + c / source.block * source.block * pixels + c % source.block;
                if (count == kLanes)
                    sum_chunk(chunk, window, features + c);
                else
                    sum_rest(chunk, window, count, features + c);
            }
            const float scale = 1.f / static_cast<float>(window.y.size() * window.x.size());
            for (std::int64_t c = 0; c < problem.channels; ++c) features[c] *= scale;
            if (factors != nullptr) {
                for (std::int64_t c = 0; c < problem.channels; ++c) features[c] *= factors[c];
                factors += problem.channels;
            }
            features += problem.channels;
        }
}

// Images' way through the head. `pointers`: x, y, scratch, the factors if there are any, then weights and bias of
// each layer.
class Head {
public:
    Head(const Problem& problem, const std::vector<Panels>& panels, std::int64_t block,
         std::span<void* const> pointers)
        : problem_(problem), panels_(panels), block_(block), pointers_(pointers) {}

    static std::int64_t scratch_row(const Problem& problem) {
        std::int64_t widest = problem.features();
        for (const Layer& layer : problem.layers) widest = std::max(widest, layer.out);
        return 2 * widest;
    }

    void run(std::int64_t first, std::int64_t last, bool share_panels) const {
        const std::int64_t row = scratch_row(problem_);
        float* in = static_cast<float*>(pointers_[2]) + first * row;
        float* next = in + row / 2;
        const std::int64_t size = problem_.channels * problem_.height * problem_.width;
        const float* factors = problem_.has_factors() ? static_cast<const float*>(pointers_[3]) : nullptr;
        for (std::int64_t n = first; n < last; ++n)
            pool(problem_, {static_cast<const float*>(pointers_[0]) + n * size, block_}, factors,
                 in + (n - first) * row);
        for (std::size_t l = 0; l < panels_.size(); ++l) {
            const Panels& panels = panels_[l];
            const std::size_t at = problem_.first_layer + 2 + 2 * l;
            const bool is_last = l + 1 == panels_.size();
            const Rows<float> out =
                is_last ? Rows<float>{static_cast<float*>(pointers_[1]) + first * panels.out, panels.out}
                        : Rows<float>{next, row};
            const auto work = [&](std::int64_t from, std::int64_t to) {
                multiply_panels(panels, pointers_[at], static_cast<const float*>(pointers_[at + 1]), !is_last,
                                {in, row}, out, last - first, from, to);
            };
            if (share_panels && panels.in * panels.out >= kWeightsForThreads)
                parallel_ranges(panels.count(), work);
            else
                work(0, panels.count());
            std::swap(in, next);
        }
    }

private:
    const Problem& problem_;
    const std::vector<Panels>& panels_;
    std::int64_t block_;
    std::span<void* const> pointers_;
};

void lower(const OpCall& call, Lowering& lowering) {
    const Problem problem = problem_of(call);
    const Dims dims = dims_of(call.inputs[0].shape);
    Buffer x = lowering.input(0);
    std::int64_t block = kLanes;
    if (layout_name(x.desc) != "aBcd16b" || problem.channels % kLanes != 0) {
        x = lowering.input_as(0, channels_last_desc(dims));
        block = problem.channels;
    }
    const Buffer scratch = lowering.temporary(plain_desc(Dims{problem.images, Head::scratch_row(problem)}));
    std::vector<Buffer> buffers = {x, lowering.plain_output(0), scratch};
    // Feature i of (c, y, x) stands at another place of (y, x, c), the order that pool() writes.
    const std::int64_t cells = problem.rows * problem.columns;
    const auto pooled_place = [&](std::int64_t i) { return i % cells * problem.channels + i / cells; };
    if (problem.has_factors())
        buffers.push_back(lowering.derived("factors", [&] {
            const Tensor& factors = *lowering.constant(1);
            Tensor placed(DataType::kFloat32, factors.shape());
            for (std::int64_t i = 0; i < factors.elements(); ++i)
                placed.mutable_data<float>()[pooled_place(i)] = factors.data<float>()[i];
            return placed;
        }));
    std::vector<Panels> panels;
    for (std::size_t l = 0; l < problem.layers.size(); ++l) {
        const int at = static_cast<int>(problem.first_layer + 2 * l);
        const Tensor& weights = *lowering.constant(at);
        panels.push_back(panels_of(weights));
        const auto place = [&](std::int64_t i) { return l == 0 ? pooled_place(i) : i; };
        const std::string key = l == 0 ? "panels of " + std::to_string(cells) + " cells" : "panels";
        buffers.push_back(
            lowering.derived_from(at, key, [&] { return pack_panels(panels[l], weights, place); }));
        buffers.push_back(lowering.derived("bias" + std::to_string(l),
                                           [&] { return pack_bias(panels[l], *lowering.constant(at + 1)); }));
    }
    lowering.run(
        [problem, panels, block](std::span<void* const> pointers) {
            const Head head(problem, panels, block, pointers);
            if (problem.images == 1) return head.run(0, 1, true);
            parallel_ranges(problem.images,
                            [&](std::int64_t first, std::int64_t last) { head.run(first, last, false); });
        },
        buffers);
}

}  // namespace

extern const OpSpec spec{.name = "PooledMlp",
                         .domain = "dyce",
                         .min_inputs = 3,
                         .max_inputs = -1,
                         .attributes = kAttributes,
                         .infer = infer,
                         .macs = macs,
                         .reference = reference,
                         .lower = lower};

}  // namespace dyce::ops::pooled_mlp
