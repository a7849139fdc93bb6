#include "runtime/session/request_batch.h"

#include <utility>

namespace dyce {
namespace {

std::vector<Sample> take_samples(const std::vector<std::unique_ptr<Request>>& requests) {
    std::vector<Sample> samples;
    for (const auto& request : requests) samples.push_back(std::move(request->sample));
    return samples;
}

}  // namespace

RequestBatch::RequestBatch(const ModelData& model, const std::vector<std::unique_ptr<Request>>& requests,
                           const std::string& configuration, std::uint64_t generation)
    : requests_(requests),
      configuration_(configuration),
      generation_(generation),
      samples_(take_samples(requests_)),
      predictions_(requests_.size()),
      batch_(model, samples_, {}, Clock::time_point::max(), predictions_) {
    answered_.reserve(requests_.size());
}

void RequestBatch::exit(int row, const ExitAnswer& answer) {
    Request& request = *requests_[static_cast<std::size_t>(row)];
    batch_.exit_with(row, answer, {request.topk, request.logits});
    Prediction& prediction = predictions_[static_cast<std::size_t>(row)];
    prediction.configuration = configuration_;
    prediction.generation = generation_;
    prediction.latency_us =
        std::chrono::duration<double, std::micro>(Clock::now() - request.submitted).count();
    answered_.push_back({prediction.latency_us, prediction.exit_site, prediction.late});
    request.reply.answer(std::move(prediction));
}

}  // namespace dyce
