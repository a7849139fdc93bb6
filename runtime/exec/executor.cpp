#include "runtime/exec/executor.h"

#include "runtime/core/aligned.h"
#include "runtime/core/threads.h"
#include "runtime/exec/compiled_model.h"
#include "runtime/exec/context.h"

#include <dyce/error.h>

#include <cstring>

namespace dyce {

struct Executor::Impl {
    std::shared_ptr<const CompiledModel> model;
    dnnl::stream stream;
    std::shared_ptr<std::byte> arena;  // shared by all batch sizes: one runs at a time
    std::vector<BoundSegment> segments;

    explicit Impl(std::shared_ptr<const CompiledModel> compiled)
        : model(std::move(compiled)),
          stream(model->data().engine),
          arena(allocate_aligned(model->arena_bytes())) {
        std::memset(arena.get(), 0, model->arena_bytes());
        for (const Segment& segment : model->data().segments)
            segments.emplace_back(segment, model->data().engine, arena.get());
    }

    const BoundSegment& bucket(int rows) const { return segments[model->data().bucket(rows)]; }

    void run(const BoundSegment& bound) {
        set_compute_threads(model->data().options.threads);
        bound.run(stream);
        stream.wait();
    }
};

namespace {

std::size_t byte_size(const TensorType& type) {
    return static_cast<std::size_t>(type.shape.elements()) * size_of(type.dtype);
}

void check_rows(int rows, int max_batch) {
    if (rows < 1 || rows > max_batch)
        throw Error(ErrorCode::kUsage, "rows",
                    std::to_string(rows) + " given, expected 1 to " + std::to_string(max_batch));
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
void copy_rows(void* destination, const Tensor& source, std::size_t capacity) {
    std::memcpy(destination, source.bytes(), source.byte_size());
    std::memset(static_cast<std::byte*>(destination) + source.byte_size(), 0, capacity - source.byte_size());
}

}  // namespace

Executor::Executor(std::shared_ptr<const CompiledModel> model)
    : impl_(std::make_unique<Impl>(std::move(model))) {}
Executor::~Executor() = default;
Executor::Executor(Executor&&) noexcept = default;

std::span<float> Executor::input(int rows) {
    check_rows(rows, impl_->model->data().options.max_batch);
    const BoundSegment& bound = impl_->bucket(rows);
    const TensorType& type = bound.segment().input_types[0];
    auto* values = static_cast<float*>(bound.input(0));
    const auto row = type.shape.elements() / type.shape[0];
    std::memset(values + row * rows, 0,
                static_cast<std::size_t>((type.shape[0] - rows) * row) * sizeof(float));
    return {values, static_cast<std::size_t>(row * rows)};
}

std::span<const float> Executor::run(int rows) {
    check_rows(rows, impl_->model->data().options.max_batch);
    const BoundSegment& bound = impl_->bucket(rows);
    impl_->run(bound);
    const TensorType& type = bound.segment().output_types[0];
    const auto row = type.shape.elements() / type.shape[0];
    return {static_cast<const float*>(bound.output(0)), static_cast<std::size_t>(row * rows)};
}

std::vector<Tensor> Executor::run(const std::vector<Tensor>& inputs) {
    const CompiledModel::Data& data = impl_->model->data();
    const std::int64_t rows =
        data.graph.batched && !inputs.empty() && inputs[0].shape().rank() > 0 ? inputs[0].shape()[0] : 1;
    if (data.graph.batched) check_rows(static_cast<int>(rows), data.options.max_batch);
    check_inputs(data.graph, inputs, rows);
    const BoundSegment& bound = impl_->bucket(static_cast<int>(rows));
    for (std::size_t i = 0; i < inputs.size(); ++i)
        copy_rows(bound.input(static_cast<int>(i)), inputs[i], byte_size(bound.segment().input_types[i]));
    impl_->run(bound);
    std::vector<Tensor> outputs;
    for (std::size_t i = 0; i < bound.segment().outputs.size(); ++i) {
        TensorType type = bound.segment().output_types[i];
        if (data.graph.batched && !data.graph.value(data.graph.outputs[i]).constant) type.shape[0] = rows;
        outputs.emplace_back(type.dtype, type.shape);
        std::memcpy(outputs.back().mutable_bytes(), bound.output(static_cast<int>(i)),
                    outputs.back().byte_size());
    }
    return outputs;
}

}  // namespace dyce
