#include "runtime/exec/executor.h"

#include "runtime/exec/context.h"

#include <dyce/error.h>

#include <algorithm>
#include <cstring>

namespace dyce {

struct Executor::Impl {
    ExecutionContext context;
    /// Of a batch that goes part by part: its images, its answers.
    std::vector<float> images, answers;

    explicit Impl(std::shared_ptr<const CompiledModel> model) : context(std::move(model)) {}
    /// Sizes those two; only the first time anything is allocated.
    void hold_batch() {
        const auto rows = static_cast<std::size_t>(context.model().options.max_batch);
        images.resize(rows * context.input(0, 1).size());
        answers.resize(rows * context.output(0, 0, 1).size());
    }
    /// part(first row, number of rows) for one part after another.
    template <class Chunk>
    void each_chunk(int rows, const Chunk& part) const {
        const int at_once = context.model().rows_at_once();
        for (int first = 0; first < rows; first += at_once) part(first, std::min(at_once, rows - first));
    }
};

namespace {

std::size_t value_bytes(const TensorType& type) {
    return static_cast<std::size_t>(type.shape.elements()) * size_of(type.dtype);
}

void check_inputs(const Graph& graph, const std::vector<Tensor>& inputs, std::int64_t rows) {
    if (inputs.size() != graph.inputs.size())
        throw Error(
            ErrorCode::kUsage, "inputs",
            std::to_string(inputs.size()) + " given, expected " + std::to_string(graph.inputs.size()));
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        TensorType expected = graph.inputs[i].type;
        if (graph.batched) expected.shape[0] = rows;
        if (inputs[i].type() != expected)
            throw Error(ErrorCode::kUsage, "input " + graph.value(graph.inputs[i].value).name,
                        std::string(name_of(inputs[i].dtype())) + " " + inputs[i].shape().to_string() +
                            " given, expected " + name_of(expected.dtype) + " " + expected.shape.to_string());
    }
}

// Rows beyond those asked for are computed too, on zeros.
void copy_rows(void* destination, std::span<const std::byte> source, std::size_t capacity) {
    std::memcpy(destination, source.data(), source.size());
    std::memset(static_cast<std::byte*>(destination) + source.size(), 0, capacity - source.size());
}

// `count` of the tensor's `rows` rows.
std::span<const std::byte> chunk_of(const Tensor& tensor, std::int64_t rows, int first, int count) {
    const std::size_t row = tensor.byte_size() / static_cast<std::size_t>(rows);
    return {static_cast<const std::byte*>(tensor.bytes()) + static_cast<std::size_t>(first) * row,
            static_cast<std::size_t>(count) * row};
}

}  // namespace

Executor::Executor(std::shared_ptr<const CompiledModel> model)
    : impl_(std::make_unique<Impl>(std::move(model))) {}
Executor::~Executor() = default;
Executor::Executor(Executor&&) noexcept = default;

std::span<float> Executor::input(int rows) {
    ExecutionContext& context = impl_->context;
    context.model().check_rows(rows);
    if (rows > context.model().rows_at_once()) {
        impl_->hold_batch();
        return std::span(impl_->images).first(static_cast<std::size_t>(rows) * context.input(0, 1).size());
    }
    return context.input(context.bucket(rows), rows);
}

std::span<const float> Executor::run(int rows) {
    ExecutionContext& context = impl_->context;
    context.model().check_rows(rows);
    const auto run_chunk = [&](int count) {
        const std::size_t bucket = context.bucket(count);
        context.run(bucket);
        return context.output(bucket, 0, count);
    };
    if (rows <= context.model().rows_at_once()) return run_chunk(rows);
    const float* from = impl_->images.data();
    float* to = impl_->answers.data();
    impl_->each_chunk(rows, [&](int, int count) {
        const auto images = context.input(context.bucket(count), count);
        std::copy_n(from, images.size(), images.data());
        const auto answers = run_chunk(count);
        to = std::copy(answers.begin(), answers.end(), to);
        from += images.size();
    });
    return {impl_->answers.data(), to};
}

std::vector<Tensor> Executor::run(const std::vector<Tensor>& inputs) {
    ExecutionContext& context = impl_->context;
    const Graph& graph = context.model().network.graph;
    const std::int64_t rows =
        graph.batched && !inputs.empty() && inputs[0].shape().rank() > 0 ? inputs[0].shape()[0] : 1;
    if (graph.batched) context.model().check_rows(static_cast<int>(rows));
    check_inputs(graph, inputs, rows);
    const auto is_batched = [&](std::size_t i) {
        return graph.batched && !graph.value(graph.outputs[i]).constant;
    };
    std::vector<Tensor> outputs;
    for (std::size_t i = 0; i < graph.outputs.size(); ++i) {
        TensorType type = context.bound(0).batch_plan().output_types[i];
        if (is_batched(i)) type.shape[0] = rows;
        outputs.emplace_back(type.dtype, type.shape);
    }
    impl_->each_chunk(static_cast<int>(rows), [&](int first, int count) {
        const std::size_t bucket = context.bucket(count);
        const BoundPlan& bound = context.bound(bucket);
        for (std::size_t i = 0; i < inputs.size(); ++i)
            copy_rows(bound.input(static_cast<int>(i)), chunk_of(inputs[i], rows, first, count),
                      value_bytes(bound.batch_plan().input_types[i]));
        context.run(bucket);
        for (std::size_t i = 0; i < outputs.size(); ++i) {
            const auto part =
                is_batched(i) ? chunk_of(outputs[i], rows, first, count) : chunk_of(outputs[i], 1, 0, 1);
            std::memcpy(static_cast<std::byte*>(outputs[i].mutable_bytes()) +
                            (part.data() - static_cast<const std::byte*>(outputs[i].bytes())),
                        bound.output(static_cast<int>(i)), part.size());
        }
    });
    return outputs;
}

}  // namespace dyce
