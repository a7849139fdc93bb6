#include "search/train/head_trainer.h"

#include "search/train/batch_loss.h"
#include "search/train/first_weights.h"

#include <algorithm>

namespace dyce {
namespace {

// The last layer begins at zero: all classes alike.
void initialise(Mlp<float>& mlp, Random random) {
    for (std::size_t k = 0; k + 1 < mlp.layers(); ++k)
        begin_hidden(
            std::span(mlp.parameters()).subspan(mlp.weights_at(k), mlp.biases_at(k) - mlp.weights_at(k)),
            mlp.width(k), random);
}

Tensor copied(const std::vector<float>& parameters, std::size_t from, const Shape& shape) {
    Tensor tensor(DataType::kFloat32, shape);
    std::copy_n(parameters.begin() + static_cast<std::ptrdiff_t>(from), tensor.elements(),
                tensor.mutable_data<float>());
    return tensor;
}

}  // namespace

HeadTrainer::HeadTrainer(const TrainingData& data, const GroupPlan& plan, const TrainingOptions& options)
    : data_(data),
      site_(plan.sites.front()),
      options_(options),
      reader_(data, plan.sources.front(), plan.type.norm),
      mlp_(plan.type.widths(plan.sources.front().block.channels, data.rows.classes)),
      optimiser_(mlp_.parameters().size()) {
    initialise(mlp_, random_for_head(options.seed, site_, plan.type.name));
}

std::int64_t HeadTrainer::macs() const {
    std::int64_t macs = 0;
    for (std::size_t k = 0; k < mlp_.layers(); ++k) macs += mlp_.width(k) * mlp_.width(k + 1);
    return macs;
}

std::span<const float> HeadTrainer::forward(std::span<const std::int64_t> rows) {
    reader_.read(rows, scratch_.inputs);
    return mlp_.forward(scratch_.inputs.data(), static_cast<std::int64_t>(rows.size()), scratch_.mlp);
}

void HeadTrainer::step(std::span<const std::int64_t> rows, double rate) {
    const std::span<const float> logits = forward(rows);
    scratch_.mlp.gradients.resize(mlp_.layers());
    loss_gradient(data_, options_.loss, rows, logits, 1, scratch_.mlp.gradients.back());
    mlp_.backward(scratch_.inputs.data(), static_cast<std::int64_t>(rows.size()), scratch_.mlp,
                  scratch_.gradient);

    optimiser_.begin_step();
    for (std::size_t k = 0; k < mlp_.layers(); ++k) {
        const std::size_t weights = mlp_.weights_at(k), biases = mlp_.biases_at(k);
        optimiser_.update(mlp_.parameters(), scratch_.gradient, weights, biases - weights, rate,
                          options_.decay);
        optimiser_.update(mlp_.parameters(), scratch_.gradient, biases,
                          static_cast<std::size_t>(mlp_.width(k + 1)), rate, 0);
    }
}

std::vector<HeadScore> HeadTrainer::evaluate(std::span<const std::int64_t> rows) {
    const auto batch = static_cast<std::size_t>(options_.batch);
    HeadScore score;
    for (std::size_t first = 0; first < rows.size(); first += batch) {
        const auto some = rows.subspan(first, std::min(batch, rows.size() - first));
        add_score(data_, options_.loss, some, forward(some), score);
    }
    score.loss /= static_cast<double>(rows.size());
    score.accuracy /= static_cast<double>(rows.size());
    return {score};
}

std::vector<HeadWeights> HeadTrainer::weights() const {
    HeadWeights head{site_, {}};
    for (std::size_t k = 0; k < mlp_.layers(); ++k) {
        const std::int64_t in = mlp_.width(k), out = mlp_.width(k + 1);
        head.layers.push_back({copied(mlp_.parameters(), mlp_.weights_at(k), {out, in}),
                               copied(mlp_.parameters(), mlp_.biases_at(k), {out})});
    }
    HeadLayer& first = head.layers.front();
    reader_.scale(first.weight);
    for (HeadLayer& layer : head.layers) round_to_bfloat16(layer.weight);
    first.bias = reader_.shifted(first.bias, first.weight);
    return {std::move(head)};
}

}  // namespace dyce
