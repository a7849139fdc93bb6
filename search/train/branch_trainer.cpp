#include "search/train/branch_trainer.h"

#include "search/train/batch_loss.h"
#include "search/train/first_weights.h"

#include <algorithm>

namespace dyce {
namespace {

using BranchRange = BranchNet<float>::Range;

BranchShape branch_shape(const TrainingData& data, const GroupPlan& plan) {
    const HeadFamily& family = plan.type.family;
    BranchShape shape{{}, plan.type.hidden, data.rows.classes, family.one_matrix, family.sums};
    for (const FeatureSource& source : plan.sources) shape.inputs.push_back(source.size());
    return shape;
}

Tensor range_of(const BranchNet<float>& net, const BranchRange& range, const Shape& shape) {
    Tensor tensor(DataType::kFloat32, shape);
    std::copy_n(net.parameters().begin() + static_cast<std::ptrdiff_t>(range.begin), range.count,
                tensor.mutable_data<float>());
    return tensor;
}

}  // namespace

// The classifiers begin at zero: all classes alike.
BranchTrainer::BranchTrainer(const TrainingData& data, const GroupPlan& plan, const TrainingOptions& options)
    : data_(data),
      sites_(plan.sites),
      options_(options),
      net_(branch_shape(data, plan)),
      optimiser_(net_.parameters().size()) {
    for (const FeatureSource& source : plan.sources) readers_.emplace_back(data, source);
    Random random = random_for_head(options.seed, sites_.front(), plan.type.name);
    for (std::size_t k = 0; k < sites_.size(); ++k) {
        const BranchRange& matrix = net_.sites()[k].matrix;
        if (k > 0 && net_.shape().one_matrix) break;
        begin_hidden(std::span(net_.parameters()).subspan(matrix.begin, matrix.count), net_.shape().inputs[k],
                     random);
    }
}

std::int64_t BranchTrainer::macs() const {
    const BranchShape& shape = net_.shape();
    std::int64_t macs = 0;
    for (const std::int64_t inputs : shape.inputs) macs += shape.hidden * (inputs + shape.classes);
    return macs;
}

void BranchTrainer::standardise(std::span<const std::int64_t> rows) {
    for (FeatureReader& reader : readers_) reader.standardise(rows);
}

const std::vector<std::vector<float>>& BranchTrainer::forward(std::span<const std::int64_t> rows) {
    scratch_.inputs.resize(readers_.size());
    for (std::size_t k = 0; k < readers_.size(); ++k) readers_[k].read(rows, scratch_.inputs[k]);
    return net_.forward(scratch_.inputs, static_cast<std::int64_t>(rows.size()), scratch_.net);
}

void BranchTrainer::step(std::span<const std::int64_t> rows, double rate) {
    const auto& logits = forward(rows);
    scratch_.net.gradients.resize(logits.size());
    const float share = 1.f / static_cast<float>(logits.size());
    for (std::size_t k = 0; k < logits.size(); ++k)
        loss_gradient(data_, options_.loss, rows, logits[k], share, scratch_.net.gradients[k]);
    net_.backward(scratch_.inputs, static_cast<std::int64_t>(rows.size()), scratch_.net, scratch_.gradient);

    optimiser_.begin_step();
    const auto update = [&](const BranchRange& range, double decay) {
        optimiser_.update(net_.parameters(), scratch_.gradient, range.begin, range.count, rate, decay);
    };
    for (std::size_t k = 0; k < sites_.size(); ++k) {
        const auto& site = net_.sites()[k];
        if (k == 0 || !net_.shape().one_matrix) update(site.matrix, options_.decay);
        update(site.factors, 0);
        update(site.bias, 0);
        update(site.weights, options_.decay);
        update(site.classifier_bias, 0);
    }
}

std::vector<HeadScore> BranchTrainer::evaluate(std::span<const std::int64_t> rows) {
    const auto batch = static_cast<std::size_t>(options_.batch);
    std::vector<HeadScore> scores(sites_.size());
    for (std::size_t first = 0; first < rows.size(); first += batch) {
        const auto some = rows.subspan(first, std::min(batch, rows.size() - first));
        const auto& logits = forward(some);
        for (std::size_t k = 0; k < scores.size(); ++k)
            add_score(data_, options_.loss, some, logits[k], scores[k]);
    }
    for (HeadScore& score : scores) {
        score.loss /= static_cast<double>(rows.size());
        score.accuracy /= static_cast<double>(rows.size());
    }
    return scores;
}

// V as it will be stored. A matrix of one site takes over the scales of the features.
Tensor BranchTrainer::matrix_of(std::size_t site) const {
    const BranchShape& shape = net_.shape();
    Tensor matrix = range_of(net_, net_.sites()[site].matrix, {shape.hidden, shape.inputs[site]});
    if (!shape.one_matrix) readers_[site].scale(matrix);
    round_to_bfloat16(matrix);
    return matrix;
}

// Those that were learned for standardised features, times the features' scales: rounded, because files may hold
// them so.
Tensor BranchTrainer::factors_of(std::size_t site) const {
    Tensor factors = range_of(net_, net_.sites()[site].factors, {1, net_.shape().inputs[site]});
    readers_[site].scale(factors);
    round_to_bfloat16(factors);
    return factors.reshaped({net_.shape().inputs[site]});
}

HeadWeights BranchTrainer::weights_of(std::size_t site, const Tensor& matrix) const {
    const BranchShape& shape = net_.shape();
    const auto& parameters = net_.sites()[site];
    const Tensor bias = range_of(net_, parameters.bias, {shape.hidden});
    HeadWeights head{sites_[site], {}};
    if (shape.one_matrix) head.factors = factors_of(site);
    head.layers.push_back({matrix, readers_[site].shifted(bias, matrix, head.factors)});
    head.layers.push_back({range_of(net_, parameters.weights, {shape.classes, shape.hidden}),
                           range_of(net_, parameters.classifier_bias, {shape.classes})});
    round_to_bfloat16(head.layers[1].weight);
    return head;
}

std::vector<HeadWeights> BranchTrainer::weights() const {
    std::vector<HeadWeights> heads;
    for (std::size_t k = 0; k < sites_.size(); ++k) {
        const bool is_common = k > 0 && net_.shape().one_matrix;
        heads.push_back(weights_of(k, is_common ? heads[0].layers[0].weight : matrix_of(k)));
    }
    return heads;
}

}  // namespace dyce
