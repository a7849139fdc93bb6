// Rows of features as one head reads them, shifted and scaled to mean 0 and deviation 1. One thread at a time.
#pragma once

#include "search/train/feature_layout.h"
#include "search/train/training_data.h"

#include <cstdint>
#include <span>
#include <vector>

namespace dyce {

class FeatureReader {
public:
    /// `norm`: the features of an image get mean 0 and deviation 1 first, as in the head.
    FeatureReader(const TrainingData& data, const FeatureSource& source, bool norm = false);

    std::size_t size() const { return mean_.size(); }
    /// Measures mean and deviation over these rows.
    void standardise(std::span<const std::int64_t> rows);
    /// rows x size() numbers.
    void read(std::span<const std::int64_t> rows, std::vector<float>& to) const;

    /// Multiplies the columns of `weight` (rows x size()) by the features' scales.
    void scale(Tensor& weight) const;
    /// The bias with which `weight`, its columns multiplied by those factors, does to features as the network
    /// makes them what it does with `bias` to features without their mean. An empty tensor: all are 1.
    Tensor shifted(const Tensor& bias, const Tensor& weight, const Tensor& factors = {}) const;

private:
    void read_plain(std::int64_t row, float* to) const;
    void read_pooled(std::int64_t row, float* to) const;

    const TrainingData& data_;
    FeatureSource source_;
    bool norm_;
    std::vector<float> mean_, scale_;  // by feature
};

/// To what the runtime keeps in half the memory.
void round_to_bfloat16(Tensor& weights);

}  // namespace dyce
