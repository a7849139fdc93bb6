#include "runtime/session/image_batch.h"

#include "runtime/core/index.h"
#include "runtime/session/sample_inputs.h"

#include <dyce/error.h>

#include <algorithm>

namespace dyce {

ExitBatch::Clock::time_point deadline_after(double milliseconds, ExitBatch::Clock::time_point now) {
    using Clock = ExitBatch::Clock;
    const std::chrono::duration<double, std::milli> wait(milliseconds);
    if (!(milliseconds > 0) || wait >= Clock::time_point::max() - now) return Clock::time_point::max();
    return now + std::chrono::duration_cast<Clock::duration>(wait);
}

// A sample that cannot be prepared takes part as zeros, so that the others keep their places.
void ImageBatch::fill(int member, int row, std::span<float> image) {
    try {
        prepare(index(member), index(row), image);
    } catch (const Error& error) {
        predictions_[index(row)].error = error.what();
        std::fill(image.begin(), image.end(), 0.f);
    }
}

void ImageBatch::prepare(std::size_t member, std::size_t row, std::span<float> image) {
    const Sample::Value& value = samples_[row].inputs().front().value;
    if (const Tensor* tensor = std::get_if<Tensor>(&value)) return copy_prepared(*tensor, image);
    const auto* encoded = std::get_if<EncodedImage>(&value);
    const Image& pixels = encoded != nullptr ? decoded(row, *encoded) : std::get<Image>(value);
    apply(engine_.model().members[member].preprocess, pixels, image.data());
}

const Image& ImageBatch::decoded(std::size_t row, const EncodedImage& encoded) {
    decoded_.resize(samples_.size());
    if (!decoded_[row]) decoded_[row] = encoded.decode();
    return *decoded_[row];
}

void ImageBatch::refuse(int row) {
    predictions_[index(row)].error = "refused: the energy at hand does not last for an answer";
    predictions_[index(row)].cut = Cut::kEnergy;
}

void ImageBatch::features(int row, int site, std::span<const ValueRows> values) {
    Prediction& prediction = predictions_[index(row)];
    if (prediction.error.empty()) prediction.features.push_back(engine_.feature_sites().pooled(site, values));
}

void ImageBatch::exit_with(int row, const ExitAnswer& exit, const AnswerOptions& options) {
    Prediction& prediction = predictions_[index(row)];
    AnswerOptions meaning = options;
    meaning.activation = engine_.model().last().activation;
    if (prediction.error.empty()) {
        auto features = std::move(prediction.features);
        prediction = answer(exit.logits, engine_.model().labels, meaning);
        prediction.features = std::move(features);
    }
    prediction.member = exit.member;
    prediction.exit_site = exit.position;
    prediction.exit_type = *exit.type;
    // Scores are about a choice of one class; of other outputs the best value says as much.
    const bool is_choice = meaning.activation == OutputActivation::kSoftmax || prediction.prob.empty();
    prediction.score = is_choice ? exit.score : prediction.prob[0];
    prediction.macs = exit.macs;
    prediction.late = exit.late;
    prediction.cut = exit.cut;
    prediction.skipped = exit.skipped.list();
    prediction.latency_us = std::chrono::duration<double, std::micro>(Clock::now() - start_).count();
}

}  // namespace dyce
