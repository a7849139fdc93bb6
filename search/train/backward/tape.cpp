#include "search/train/backward/tape.h"

#include "search/train/backward/sum.h"

#include <dyce/error.h>

#include <algorithm>

namespace dyce {

Tape::Tape(const Graph& graph, std::int64_t batch, const dnnl::engine& engine, Precision precision)
    : graph_(graph),
      engine_(engine),
      precision_(precision),
      types_(infer_types(graph, batch)),
      values_(graph.values.size()),
      learns_(graph.values.size()),
      gradients_(graph.values.size()) {
    batch_plan_.batch = batch;
}

const TensorType& Tape::output_type(int i) const { return types_[index(output_id(i))]; }

Buffer Tape::input(int i) {
    Buffer& buffer = values_[index(input_id(i))];
    if (buffer.id < 0) {
        const Tensor& value = *graph_.value(input_id(i)).constant;
        buffer = add_buffer({plain_desc(value.type()), -1, value.bytes()});
    }
    return buffer;
}

TrainedConstant Tape::trained(int i, TrainedConstant::Role role, const MemoryDesc& plain,
                              const MemoryDesc& layout) {
    const ValueId id = input_id(i);
    const auto is_same = [id](const TrainedConstant& other) { return other.value == id; };
    if (!graph_.value(id).constant || std::any_of(trained_.begin(), trained_.end(), is_same))
        throw Error(ErrorCode::kContent, node().name,
                    "cannot be trained: input " + graph_.value(id).name +
                        (graph_.value(id).constant ? " belongs to another node too" : " is computed") +
                        ", expected a constant of its own");
    // The compiler gives them their real place; till then any pointer keeps them out of the arena.
    const void* const place = graph_.value(id).constant->bytes();
    TrainedConstant constant{id, role, plain, layout, add_buffer({layout, -1, place}).id, -1};
    if (role != TrainedConstant::Role::kStatistic) {
        constant.gradient = add_buffer({layout, -1, place}).id;
        learns_[index(id)] = true;
    }
    trained_.push_back(constant);
    return constant;
}

Buffer Tape::output(int i, const MemoryDesc& desc) {
    set_output(i, temporary(desc));
    return values_[index(output_id(i))];
}

void Tape::set_output(int i, const Buffer& buffer) { values_[index(output_id(i))] = buffer; }

Buffer Tape::temporary(const MemoryDesc& desc) { return add_buffer({desc}); }

Buffer Tape::as(const Buffer& buffer, const MemoryDesc& desc) {
    if (buffer.desc == desc) return buffer;
    const Buffer result = temporary(desc);
    copy(buffer, result);
    return result;
}

void Tape::copy(const Buffer& from, const Buffer& to) {
    run(onednn::reorder(engine_, from.desc, to.desc, onednn::user_scratchpad()),
        {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}});
    batch_plan_.steps.back().is_reorder = true;
}

Buffer Tape::see_as(const Buffer& buffer, const MemoryDesc& desc) {
    return add_buffer({desc, batch_plan_.buffers[index(buffer.id)].root});
}

void Tape::run(const onednn::AnyDescriptor& descriptor, std::vector<Argument> arguments) {
    const MemoryDesc scratchpad = descriptor.scratchpad_desc();
    if (byte_size(scratchpad) > 0) arguments.push_back({DNNL_ARG_SCRATCHPAD, temporary(scratchpad)});
    Step step;
    step.description = descriptor.impl_info_str();
    step.primitive = dnnl::primitive(descriptor.get());
    for (const Argument& argument : arguments) {
        step.keys.push_back(argument.key);
        step.buffers.push_back(argument.buffer.id);
    }
    append(std::move(step));
}

void Tape::run(Loop loop, const std::vector<Buffer>& buffers) {
    Step step;
    step.description = "loop";
    step.loop = std::move(loop);
    for (const Buffer& buffer : buffers) step.buffers.push_back(buffer.id);
    append(std::move(step));
}

bool Tape::wants_gradient(int i) const { return learns_[index(input_id(i))]; }

std::vector<Buffer> Tape::gradient_parts(int i) const { return gradients_[index(output_id(i))]; }

Buffer Tape::gradient(int i) { return sum_of(gradients_[index(output_id(i))]); }

Buffer Tape::sum_of(std::vector<Buffer>& parts) {
    if (parts.size() > 1) {
        const Buffer sum = temporary(parts[0].desc);
        append_sum(*this, parts, sum);
        parts = {sum};
    }
    return parts[0];
}

void Tape::give_gradient(int i, const Buffer& buffer) {
    const auto id = index(input_id(i));
    gradients_[id].push_back(as(buffer, values_[id].desc));
}

void Tape::end_node() {
    const auto& inputs = node().inputs;
    const bool learns =
        std::any_of(inputs.begin(), inputs.end(), [&](ValueId id) { return learns_[index(id)]; });
    for (const ValueId id : node().outputs) learns_[index(id)] = learns;
    node_ = -1;
}

bool Tape::has_gradient(NodeId node) const {
    const std::vector<ValueId>& outputs = graph_.nodes[index(node)].outputs;
    return std::any_of(outputs.begin(), outputs.end(),
                       [&](ValueId id) { return !gradients_[index(id)].empty(); });
}

Buffer Tape::output_gradient(ValueId value) {
    const Buffer gradient = temporary(plain_desc(types_[index(value)]));
    gradients_[index(value)].push_back(as(gradient, values_[index(value)].desc));
    return gradient;
}

Buffer Tape::plain_value(ValueId value) {
    return as(values_[index(value)], plain_desc(types_[index(value)]));
}

Buffer Tape::begin_input(const GraphInput& input, bool wants_gradient) {
    learns_[index(input.value)] = wants_gradient;
    return values_[index(input.value)] = temporary(plain_desc(types_[index(input.value)]));
}

Buffer Tape::input_gradient(ValueId value) {
    return as(sum_of(gradients_[index(value)]), plain_desc(types_[index(value)]));
}

Buffer Tape::add_buffer(PlanBuffer buffer) {
    const auto id = static_cast<int>(batch_plan_.buffers.size());
    if (buffer.root < 0) buffer.root = id;
    batch_plan_.buffers.push_back(buffer);
    return {id, buffer.desc};
}

void Tape::append(Step step) {
    step.node = node_;
    if (node_ >= 0) step.description = node().name + ": " + step.description;
    batch_plan_.steps.push_back(std::move(step));
}

}  // namespace dyce
