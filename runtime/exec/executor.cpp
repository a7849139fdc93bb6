#include "runtime/exec/executor.h"

#include "runtime/exec/context.h"

#include <dyce/error.h>

#include <cstring>

namespace dyce {

struct Executor::Impl {
    ExecutionContext context;
};

namespace {

std::size_t byte_size(const TensorType& type) {
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
void copy_rows(void* destination, const Tensor& source, std::size_t capacity) {
    std::memcpy(destination, source.bytes(), source.byte_size());
    std::memset(static_cast<std::byte*>(destination) + source.byte_size(), 0, capacity - source.byte_size());
}

}  // namespace

Executor::Executor(std::shared_ptr<const CompiledModel> model)
    : impl_(new Impl{ExecutionContext(std::move(model))}) {}
Executor::~Executor() = default;
Executor::Executor(Executor&&) noexcept = default;

std::span<float> Executor::input(int rows) {
    ExecutionContext& context = impl_->context;
    context.model().check_rows(rows);
    return context.input(context.bucket(rows), rows);
}

std::span<const float> Executor::run(int rows) {
    ExecutionContext& context = impl_->context;
    context.model().check_rows(rows);
    const std::size_t bucket = context.bucket(rows);
    context.run(bucket);
    return context.output(bucket, 0, rows);
}

std::vector<Tensor> Executor::run(const std::vector<Tensor>& inputs) {
    ExecutionContext& context = impl_->context;
    const Graph& graph = context.model().network.graph;
    const std::int64_t rows =
        graph.batched && !inputs.empty() && inputs[0].shape().rank() > 0 ? inputs[0].shape()[0] : 1;
    if (graph.batched) context.model().check_rows(static_cast<int>(rows));
    check_inputs(graph, inputs, rows);
    const std::size_t bucket = context.bucket(static_cast<int>(rows));
    const BoundSegment& bound = context.bound(bucket);
    for (std::size_t i = 0; i < inputs.size(); ++i)
        copy_rows(bound.input(static_cast<int>(i)), inputs[i], byte_size(bound.segment().input_types[i]));
    context.run(bucket);
    std::vector<Tensor> outputs;
    for (std::size_t i = 0; i < bound.segment().outputs.size(); ++i) {
        TensorType type = bound.segment().output_types[i];
        if (graph.batched && !graph.value(graph.outputs[i]).constant) type.shape[0] = rows;
        outputs.emplace_back(type.dtype, type.shape);
        std::memcpy(outputs.back().mutable_bytes(), bound.output(static_cast<int>(i)),
                    outputs.back().byte_size());
    }
    return outputs;
}

}  // namespace dyce
