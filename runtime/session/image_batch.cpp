#include "runtime/session/image_batch.h"

#include "runtime/session/answer.h"

#include <dyce/error.h>

#include <algorithm>

namespace dyce {

ExitBatch::Clock::time_point deadline_after(double milliseconds, ExitBatch::Clock::time_point now) {
    using Clock = ExitBatch::Clock;
    const std::chrono::duration<double, std::milli> wait(milliseconds);
    if (!(milliseconds > 0) || wait >= Clock::time_point::max() - now) return Clock::time_point::max();
    return now + std::chrono::duration_cast<Clock::duration>(wait);
}

// An image that cannot be prepared takes part as zeros, so that the others keep their places.
void ImageBatch::fill(int member, int row, std::span<float> image) {
    const auto i = static_cast<std::size_t>(row);
    try {
        apply(model_.members[static_cast<std::size_t>(member)].preprocess, images_[i], image.data());
    } catch (const Error& error) {
        predictions_[i].error = error.what();
        std::fill(image.begin(), image.end(), 0.f);
    }
}

void ImageBatch::exit(int row, const ExitAnswer& exit) {
    const auto i = static_cast<std::size_t>(row);
    Prediction& prediction = predictions_[i];
    if (prediction.error.empty()) prediction = answer(exit.logits, model_.labels, topk_[i]);
    prediction.member = exit.member;
    prediction.exit_site = exit.position;
    prediction.exit_type = *exit.type;
    prediction.score = exit.score;
    prediction.macs = exit.macs;
    prediction.late = exit.late;
    prediction.latency_us = std::chrono::duration<double, std::micro>(Clock::now() - start_).count();
}

}  // namespace dyce
