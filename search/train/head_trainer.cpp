#include "search/train/head_trainer.h"

#include "runtime/core/bfloat16.h"
#include "search/train/random.h"

#include <algorithm>
#include <cmath>

namespace dyce {
namespace {

constexpr std::uint64_t kInitialisation = 2;  // purpose of the random numbers
constexpr double kLeastDeviation = 1e-6;      // below: a feature that never changes

// Hidden layers after He et al. (arXiv 1502.01852), uniform; the last layer begins at zero: all classes
// alike.
void initialise(Mlp<float>& mlp, Random random) {
    for (std::size_t k = 0; k + 1 < mlp.layers(); ++k) {
        const double reach = std::sqrt(6.0 / static_cast<double>(mlp.width(k)));
        float* weights = mlp.parameters().data();
        for (std::size_t i = mlp.weights_at(k); i < mlp.biases_at(k); ++i)
            weights[i] = static_cast<float>(reach * (2 * random.uniform() - 1));
    }
}

// To mean 0 and deviation 1, as the LayerNormalization of the head does.
void normalise(std::span<float> features) {
    const auto count = static_cast<double>(features.size());
    double mean = 0, variance = 0;
    for (const float value : features) mean += static_cast<double>(value) / count;
    for (const float value : features) {
        const double distance = static_cast<double>(value) - mean;
        variance += distance * distance / count;
    }
    const double factor = 1 / std::sqrt(variance + static_cast<double>(kHeadNormEpsilon));
    for (float& value : features) value = static_cast<float>((static_cast<double>(value) - mean) * factor);
}

}  // namespace

HeadTrainer::HeadTrainer(const TrainingData& data, const FeatureSource& source, const HeadPlan& plan,
                         const TrainingOptions& options)
    : data_(data),
      source_(source),
      plan_(plan),
      options_(options),
      mlp_(plan.type.widths(source.block.channels, data.rows.classes)),
      optimiser_(mlp_.parameters().size()),
      mean_(static_cast<std::size_t>(source.size())),
      scale_(mean_.size(), 1.f) {
    std::uint64_t name = static_cast<std::uint64_t>(plan.site);
    for (const char c : plan.type.name) name = name * 131 + static_cast<unsigned char>(c);
    initialise(mlp_, Random(options.seed, kInitialisation, name));
}

std::int64_t HeadTrainer::macs() const {
    std::int64_t macs = 0;
    for (std::size_t k = 0; k < mlp_.layers(); ++k) macs += mlp_.width(k) * mlp_.width(k + 1);
    return macs;
}

// As the head itself would give them to its first layer.
void HeadTrainer::read(std::int64_t row, float* to) const {
    read_pooled(row, to);
    if (plan_.type.norm) normalise({to, mean_.size()});
}

// As the network's own pool would give them.
void HeadTrainer::read_pooled(std::int64_t row, float* to) const {
    const std::uint16_t* from = data_.rows.features(row) + source_.block.offset;
    const std::int64_t size = source_.size();
    if (source_.patch == 1) {
        for (std::int64_t i = 0; i < size; ++i) to[i] = from_bfloat16(from[i]);
        return;
    }
    const int grid = source_.block.grid, patch = source_.patch, cells = source_.grid();
    const float share = 1.f / static_cast<float>(patch * patch);
    for (std::int64_t c = 0; c < source_.block.channels; ++c, from += grid * grid)
        for (int y = 0; y < cells; ++y)
            for (int x = 0; x < cells; ++x) {
                float sum = 0;
                for (int i = y * patch; i < (y + 1) * patch; ++i)
                    for (int j = x * patch; j < (x + 1) * patch; ++j)
                        sum += from_bfloat16(from[i * grid + j]);
                *to++ = sum * share;
            }
}

void HeadTrainer::standardise(std::span<const std::int64_t> rows) {
    const std::size_t size = mean_.size();
    std::vector<float> features(size);
    std::vector<double> sum(size), squares(size);
    for (const std::int64_t row : rows) {
        read(row, features.data());
        for (std::size_t i = 0; i < size; ++i) {
            sum[i] += features[i];
            squares[i] += static_cast<double>(features[i]) * features[i];
        }
    }
    const auto count = static_cast<double>(rows.size());
    for (std::size_t i = 0; i < size; ++i) {
        const double mean = sum[i] / count;
        const double deviation = std::sqrt(std::max(0.0, squares[i] / count - mean * mean));
        mean_[i] = static_cast<float>(mean);
        scale_[i] = deviation < kLeastDeviation ? 0.f : static_cast<float>(1 / deviation);
    }
}

std::span<const float> HeadTrainer::forward(std::span<const std::int64_t> rows) {
    const std::size_t size = mean_.size();
    scratch_.inputs.resize(rows.size() * size);
    for (std::size_t r = 0; r < rows.size(); ++r) {
        float* input = scratch_.inputs.data() + r * size;
        read(rows[r], input);
        for (std::size_t i = 0; i < size; ++i) input[i] = (input[i] - mean_[i]) * scale_[i];
    }
    return mlp_.forward(scratch_.inputs.data(), static_cast<std::int64_t>(rows.size()), scratch_.mlp);
}

void HeadTrainer::step(std::span<const std::int64_t> rows, double rate) {
    const std::span<const float> logits = forward(rows);
    const auto classes = static_cast<std::size_t>(data_.rows.classes);
    scratch_.mlp.gradients.resize(mlp_.layers());
    std::vector<float>& gradients = scratch_.mlp.gradients.back();
    gradients.resize(logits.size());
    for (std::size_t r = 0; r < rows.size(); ++r)
        head_loss<float>(options_.loss, logits.subspan(r * classes, classes), data_.label(rows[r]),
                         data_.rows.logits(rows[r]), gradients.data() + r * classes);
    for (float& gradient : gradients) gradient /= static_cast<float>(rows.size());
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

HeadTrainer::Score HeadTrainer::evaluate(std::span<const std::int64_t> rows) {
    const auto classes = static_cast<std::size_t>(data_.rows.classes);
    const auto batch = static_cast<std::size_t>(options_.batch);
    std::vector<float> ignored(classes);
    Score score;
    for (std::size_t first = 0; first < rows.size(); first += batch) {
        const auto some = rows.subspan(first, std::min(batch, rows.size() - first));
        const std::span<const float> logits = forward(some);
        for (std::size_t r = 0; r < some.size(); ++r) {
            const auto row = logits.subspan(r * classes, classes);
            const int label = data_.label(some[r]);
            score.loss += static_cast<double>(
                head_loss<float>(options_.loss, row, label, data_.rows.logits(some[r]), ignored.data()));
            score.accuracy += std::max_element(row.begin(), row.end()) - row.begin() == label ? 1 : 0;
        }
    }
    score.loss /= static_cast<double>(rows.size());
    score.accuracy /= static_cast<double>(rows.size());
    return score;
}

// W * (x - mean) * scale + b = (W * scale) * x + (b - W * scale * mean), the weights rounded to what the
// runtime keeps in half the memory.
std::vector<HeadLayer> HeadTrainer::layers() const {
    std::vector<HeadLayer> layers;
    for (std::size_t k = 0; k < mlp_.layers(); ++k) {
        const std::int64_t in = mlp_.width(k), out = mlp_.width(k + 1);
        HeadLayer layer{Tensor(DataType::kFloat32, {out, in}), Tensor(DataType::kFloat32, {out})};
        std::copy_n(mlp_.parameters().begin() + static_cast<std::ptrdiff_t>(mlp_.weights_at(k)), in * out,
                    layer.weight.mutable_data<float>());
        std::copy_n(mlp_.parameters().begin() + static_cast<std::ptrdiff_t>(mlp_.biases_at(k)), out,
                    layer.bias.mutable_data<float>());
        layers.push_back(std::move(layer));
    }
    const auto round = [](float& weight) { weight = from_bfloat16(to_bfloat16(weight)); };
    for (std::size_t k = 1; k < layers.size(); ++k) {
        float* weights = layers[k].weight.mutable_data<float>();
        std::for_each(weights, weights + layers[k].weight.elements(), round);
    }
    float* weight = layers[0].weight.mutable_data<float>();
    float* bias = layers[0].bias.mutable_data<float>();
    for (std::int64_t o = 0; o < mlp_.width(1); ++o) {
        double shift = 0;
        for (std::size_t i = 0; i < mean_.size(); ++i, ++weight) {
            *weight *= scale_[i];
            round(*weight);
            shift += static_cast<double>(*weight) * static_cast<double>(mean_[i]);
        }
        bias[o] = static_cast<float>(static_cast<double>(bias[o]) - shift);
    }
    return layers;
}

std::vector<std::span<float>> HeadTrainer::state() {
    return {mlp_.parameters(), optimiser_.first, optimiser_.second};
}

}  // namespace dyce
