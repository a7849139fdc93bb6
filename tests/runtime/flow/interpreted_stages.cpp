#include "tests/runtime/flow/interpreted_stages.h"

#include "graph/interpreter.h"

#include <algorithm>

namespace dyce::test {
namespace {

std::size_t at(ValueId id) { return static_cast<std::size_t>(id); }

}  // namespace

InterpretedStages::InterpretedStages(const Graph& graph, const ExitTable& exits, int rows_at_once)
    : network_(interleave(graph, exits)), rows_at_once_(rows_at_once) {
    const auto types = infer_types(network_.graph);
    for (const Value& value : network_.graph.values) constants_.push_back(value.constant.value_or(Tensor()));
    for (const StageNodes& part : network_.parts) (part.head < 0 ? stages_ : heads_).push_back(part);
    for (const StageNodes& stage : stages_) {
        carried_.push_back(carried_over(stage));
        points_.push_back({stage.site, {}});
        for (const ValueId id : carried_.back()) {
            const Shape& shape = types[at(id)].shape;
            points_.back().values.push_back({Shape(shape.begin() + 1, shape.end())});
        }
    }
}

// Computed values, and inputs, that a node behind the stage reads.
std::vector<ValueId> InterpretedStages::carried_over(const StageNodes& stage) const {
    const Graph& graph = network_.graph;
    const auto producers = find_producers(graph);
    std::vector<ValueId> carried;
    for (std::size_t n = static_cast<std::size_t>(stage.end_node); n < graph.nodes.size(); ++n)
        for (const ValueId id : graph.nodes[n].inputs)
            if (!graph.value(id).constant && producers[at(id)] < stage.end_node &&
                std::ranges::count(carried, id) == 0)
                carried.push_back(id);
    std::ranges::sort(carried, {}, [&](ValueId id) { return std::pair(id != stage.site_value, id); });
    return carried;
}

std::span<float> InterpretedStages::begin(int rows) {
    const Shape& image = network_.graph.inputs[0].type.shape;
    rows_.assign(static_cast<std::size_t>(rows), constants_);
    images_.resize(static_cast<std::size_t>(rows * image.elements()));
    bucket_ = bucket_of(rows);
    next_ = 0;
    return images_;
}

void InterpretedStages::advance() {
    const GraphInput& input = network_.graph.inputs[0];
    const auto size = static_cast<std::size_t>(input.type.shape.elements());
    for (std::size_t row = 0; row < rows_.size(); ++row) {
        if (next_ == 0) {
            Tensor image(DataType::kFloat32, input.type.shape);
            std::copy_n(images_.data() + row * size, size, image.mutable_data<float>());
            rows_[row][at(input.value)] = std::move(image);
        }
        run(stages_[next_], rows_[row]);
    }
    ++next_;
}

std::span<const float> InterpretedStages::run_head(int head) {
    logits_.clear();
    for (Values& row : rows_) {
        if (head >= 0) run(heads_[static_cast<std::size_t>(head)], row);
        const Tensor& logits = row[at(network_.graph.outputs[static_cast<std::size_t>(head + 1)])];
        logits_.insert(logits_.end(), logits.data<float>(), logits.data<float>() + logits.elements());
    }
    return logits_;
}

void InterpretedStages::exchange(std::span<const RowSwap> swaps) {
    for (const auto& [one, other] : swaps)
        std::swap(rows_[static_cast<std::size_t>(one)], rows_[static_cast<std::size_t>(other)]);
}

void InterpretedStages::advance_first(int rows, std::size_t) {
    const StageNodes &stage = stages_[next_], &before = stages_[next_ - 1];
    for (std::size_t row = 0; row < rows_.size(); ++row)
        if (row < static_cast<std::size_t>(rows)) {
            run(stage, rows_[row]);
        } else {
            rows_[row][at(stage.site_value)] = rows_[row][at(before.site_value)];
            run(stage.first_feed, stage.end_node, rows_[row]);
        }
    ++next_;
}

void InterpretedStages::run(int first_node, int end_node, Values& row) const {
    for (int n = first_node; n < end_node; ++n) {
        const Node& node = network_.graph.nodes[static_cast<std::size_t>(n)];
        std::vector<Tensor> inputs;
        for (const ValueId id : node.inputs) inputs.push_back(row[at(id)]);
        const auto outputs = interpret(node, inputs);
        for (std::size_t i = 0; i < outputs.size(); ++i) row[at(node.outputs[i])] = outputs[i];
    }
}

bool InterpretedStages::keep(std::span<const int> kept, std::size_t bucket) {
    std::vector<Values> rows;
    for (const int place : kept) rows.push_back(rows_[static_cast<std::size_t>(place)]);
    rows_ = std::move(rows);
    bucket_ = bucket;
    return true;
}

void InterpretedStages::export_rows(std::span<const int> places, std::span<const ValueRows> values) {
    for (std::size_t v = 0; v < values.size(); ++v) {
        float* to = values[v].numbers.data();
        for (const int place : places) {
            const Tensor& value = rows_[static_cast<std::size_t>(place)][at(carried_[next_ - 1][v])];
            to = std::copy_n(value.data<float>(), value.elements(), to);
        }
    }
}

void InterpretedStages::import_rows(std::size_t point, int rows, std::span<const ValueRows> values) {
    begin(rows);
    next_ = point + 1;
    for (std::size_t v = 0; v < values.size(); ++v) {
        Shape shape = {1};
        for (const std::int64_t dim : values[v].value->row) shape.push_back(dim);
        const float* from = values[v].numbers.data();
        for (Values& row : rows_) {
            Tensor value(DataType::kFloat32, shape);
            std::copy_n(from, value.elements(), value.mutable_data<float>());
            from += value.elements();
            row[at(carried_[point][v])] = std::move(value);
        }
    }
}

}  // namespace dyce::test
