// Gate: forward a hard choice for each image, backward as if it was a mixture of both by the probability
// sigmoid(z_run - z_skip + noise) (the straight-through estimator, arXiv 1308.3432).
#include "search/train/backward/gate.h"

#include "runtime/core/threads.h"
#include "search/train/backward/backward_pass.h"
#include "search/train/backward/bfloat16_loops.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

namespace dyce {
namespace {

std::vector<TensorType> infer_gate(const OpCall& call) {
    const Shape &value = call.inputs[0].shape, &logits = call.inputs[2].shape;
    if (call.inputs[1] != call.inputs[0])
        call.fail("what the stage makes is " + call.inputs[1].shape.to_string() + ", expected " +
                  value.to_string());
    if (value.rank() == 0 || logits != Shape{value[0], 2})
        call.fail("logits are " + logits.to_string() + ", expected two for each image");
    return {call.inputs[0]};
}

// One image's answer, by the logits and where there is one the noise.
bool row_runs(const float* logits, std::int64_t row, float noise) {
    return gate_runs(logits[2 * row], logits[2 * row + 1], noise);
}

void choose_rows(const OpCall&, std::span<const TensorView> in, std::span<const MutableTensorView> out) {
    const std::int64_t images = in[0].shape[0];
    const std::int64_t size = in[0].shape.elements() / std::max<std::int64_t>(images, 1);
    for (std::int64_t row = 0; row < images; ++row)
        std::copy_n(in[row_runs(in[2].data<float>(), row, 0) ? 1 : 0].data<float>() + row * size, size,
                    out[0].data<float>() + row * size);
}

constexpr AttributeSpec kGateAttributes[] = {{"column", AttributeKind::kInt}};
constexpr OpSpec kGate = {.name = "Gate",
                          .domain = "dyce.training",
                          .min_inputs = 3,
                          .max_inputs = 4,
                          .attributes = kGateAttributes,
                          .infer = infer_gate,
                          .reference = choose_rows};

// What a loop over rows is to know.
struct GateRows {
    std::int64_t images, numbers;          // of a row in memory
    std::int64_t column = 0, columns = 0;  // of the noise; 0 columns: none

    float noise(const void* from, std::int64_t row) const {
        return columns == 0 ? 0 : static_cast<const float*>(from)[row * columns + column];
    }
};

// Sums in parts, so that additions need not wait for each other.
template <class Number>
float gradient_of_choice(const Number* gradient, const Number* skipped, const Number* run,
                         std::int64_t count) {
    std::array<float, 16> sums{};
    std::int64_t at = 0;
    for (; at + 16 <= count; at += 16)
        for (std::int64_t k = 0; k < 16; ++k)
            sums[static_cast<std::size_t>(k)] +=
                widen(gradient[at + k]) * (widen(run[at + k]) - widen(skipped[at + k]));
    for (; at < count; ++at) sums[0] += widen(gradient[at]) * (widen(run[at]) - widen(skipped[at]));
    float sum = 0;
    for (const float one : sums) sum += one;
    return sum;
}

// Pointers: skipped, run, logits, noise, to.
template <class Number>
void choose(const GateRows& rows, std::span<void* const> pointers, std::int64_t row) {
    const auto* logits = static_cast<const float*>(pointers[2]);
    const bool runs = row_runs(logits, row, rows.noise(pointers[3], row));
    std::memcpy(static_cast<Number*>(pointers[4]) + row * rows.numbers,
                static_cast<const Number*>(pointers[runs ? 1 : 0]) + row * rows.numbers,
                static_cast<std::size_t>(rows.numbers) * sizeof(Number));
}

// Pointers: skipped, run, logits, noise, gradient, and those of the first three.
template <class Number>
void choose_back(const GateRows& rows, std::span<void* const> pointers, std::int64_t row) {
    const auto numbers = [&](std::size_t i) {
        return static_cast<Number*>(pointers[i]) + row * rows.numbers;
    };
    const auto* logits = static_cast<const float*>(pointers[2]);
    const float noise = rows.noise(pointers[3], row);
    const bool runs = row_runs(logits, row, noise);
    const Number* gradient = numbers(4);
    const auto bytes = static_cast<std::size_t>(rows.numbers) * sizeof(Number);
    std::memcpy(numbers(runs ? 6 : 5), gradient, bytes);
    std::memset(static_cast<void*>(numbers(runs ? 5 : 6)), 0, bytes);
    const float p = 1 / (1 + std::exp(logits[2 * row] - logits[2 * row + 1] - noise));
    const float by_run = p * (1 - p) * gradient_of_choice(gradient, numbers(0), numbers(1), rows.numbers);
    auto* by_logits = static_cast<float*>(pointers[7]) + 2 * row;
    by_logits[0] = -by_run;
    by_logits[1] = by_run;
}

Loop over_rows(const GateRows& rows, void (*work)(const GateRows&, std::span<void* const>, std::int64_t)) {
    return [=](std::span<void* const> pointers) {
        parallel_ranges(rows.images, [&](std::int64_t first, std::int64_t last) {
            for (std::int64_t row = first; row < last; ++row) work(rows, pointers, row);
        });
    };
}

}  // namespace

const OpSpec& gate_op() { return kGate; }

Backward backward::gate(const OpCall& call, Tape& tape) {
    const Dims dims = dims_of(call.inputs[0].shape);
    const MemoryDesc own = tape.input(1).desc;
    const MemoryDesc layout = row_bytes(own) > 0 ? own : plain_desc(dims);  // images one after another
    const bool is_narrow = type_of(layout) == DescType::bf16;
    const Buffer skipped = tape.as(tape.input(0), layout), run = tape.as(tape.input(1), layout);
    const Buffer logits = tape.as(tape.input(2), plain_desc(call.inputs[2]));
    const bool is_noisy = call.inputs.size() > 3;
    const Buffer noise = is_noisy ? tape.as(tape.input(3), plain_desc(call.inputs[3])) : logits;
    const auto width = static_cast<std::int64_t>(is_narrow ? sizeof(Bfloat16) : sizeof(float));
    GateRows rows{dims[0], static_cast<std::int64_t>(row_bytes(layout)) / width};
    if (is_noisy) {
        rows.column = call.attributes.integer("column", 0);
        rows.columns = call.inputs[3].shape[1];
    }
    tape.run(over_rows(rows, is_narrow ? choose<Bfloat16> : choose<float>),
             {skipped, run, logits, noise, tape.output(0, layout)});

    return [=, &tape] {
        const std::array<Buffer, 3> results{tape.temporary(layout), tape.temporary(layout),
                                            tape.temporary(logits.desc)};
        tape.run(over_rows(rows, is_narrow ? choose_back<Bfloat16> : choose_back<float>),
                 {skipped, run, logits, noise, tape.gradient(0), results[0], results[1], results[2]});
        for (int i = 0; i < 3; ++i)
            if (tape.wants_gradient(i)) tape.give_gradient(i, results[static_cast<std::size_t>(i)]);
    };
}

}  // namespace dyce
