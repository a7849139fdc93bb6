#include "search/train/feature_reader.h"

#include "runtime/core/bfloat16.h"

#include <algorithm>
#include <cmath>

namespace dyce {
namespace {

constexpr double kLeastDeviation = 1e-6;  // below: a feature that never changes

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

FeatureReader::FeatureReader(const TrainingData& data, const FeatureSource& source, bool norm)
    : data_(data),
      source_(source),
      norm_(norm),
      mean_(static_cast<std::size_t>(source.size())),
      scale_(mean_.size(), 1.f) {}

// As the head itself would give them to its first layer.
void FeatureReader::read_plain(std::int64_t row, float* to) const {
    read_pooled(row, to);
    if (norm_) normalise({to, size()});
}

// As the network's own pool would give them.
void FeatureReader::read_pooled(std::int64_t row, float* to) const {
    const std::uint16_t* from = data_.rows.features(row) + source_.block.offset;
    const std::int64_t size = source_.size();
    if (source_.patch == 1) {
        for (std::int64_t i = 0; i < size; ++i) to[i] = from_bfloat16(from[i]);
        return;
    }
    const int grid = source_.block.grid, patch = source_.patch, side = source_.grid();
    const float share = 1.f / static_cast<float>(patch * patch);
    for (std::int64_t c = 0; c < source_.block.channels; ++c, from += grid * grid)
        for (int y = 0; y < side; ++y)
            for (int x = 0; x < side; ++x) {
                float sum = 0;
                for (int i = y * patch; i < (y + 1) * patch; ++i)
                    for (int j = x * patch; j < (x + 1) * patch; ++j)
                        sum += from_bfloat16(from[i * grid + j]);
                *to++ = sum * share;
            }
}

void FeatureReader::standardise(std::span<const std::int64_t> rows) {
    std::vector<float> features(size());
    std::vector<double> sum(size()), squares(size());
    for (const std::int64_t row : rows) {
        read_plain(row, features.data());
        for (std::size_t i = 0; i < size(); ++i) {
            sum[i] += features[i];
            squares[i] += static_cast<double>(features[i]) * features[i];
        }
    }
    const auto count = static_cast<double>(rows.size());
    for (std::size_t i = 0; i < size(); ++i) {
        const double mean = sum[i] / count;
        mean_[i] = static_cast<float>(mean);
        const double deviation = std::sqrt(std::max(0.0, squares[i] / count - mean * mean));
        scale_[i] = deviation < kLeastDeviation ? 0.f : static_cast<float>(1 / deviation);
    }
}

void FeatureReader::read(std::span<const std::int64_t> rows, std::vector<float>& to) const {
    to.resize(rows.size() * size());
    for (std::size_t r = 0; r < rows.size(); ++r) {
        float* features = to.data() + r * size();
        read_plain(rows[r], features);
        for (std::size_t i = 0; i < size(); ++i) features[i] = (features[i] - mean_[i]) * scale_[i];
    }
}

void FeatureReader::scale(Tensor& weight) const {
    float* number = weight.mutable_data<float>();
    for (const float* const end = number + weight.elements(); number != end;)
        for (const float scale : scale_) *number++ *= scale;
}

// W * (x - mean) + b = W * x + (b - W * mean).
Tensor FeatureReader::shifted(const Tensor& bias, const Tensor& weight, const Tensor& factors) const {
    Tensor result = bias;
    const float* number = weight.data<float>();
    const float* const of_features = factors.data<float>();
    float* const to = result.mutable_data<float>();
    for (std::int64_t o = 0; o < bias.elements(); ++o) {
        double shift = 0;
        for (std::size_t i = 0; i < size(); ++i, ++number) {
            const double factor = of_features == nullptr ? 1 : static_cast<double>(of_features[i]);
            shift += static_cast<double>(*number) * factor * static_cast<double>(mean_[i]);
        }
        to[o] = static_cast<float>(static_cast<double>(to[o]) - shift);
    }
    return result;
}

void round_to_bfloat16(Tensor& weights) {
    float* number = weights.mutable_data<float>();
    std::for_each(number, number + weights.elements(),
                  [](float& weight) { weight = from_bfloat16(to_bfloat16(weight)); });
}

}  // namespace dyce
