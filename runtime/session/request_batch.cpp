#include "runtime/session/request_batch.h"

namespace dyce {
namespace {

std::vector<Image> images_of(const std::vector<std::unique_ptr<Request>>& requests) {
    std::vector<Image> images;
    for (const auto& request : requests) images.push_back(request->image);
    return images;
}

}  // namespace

RequestBatch::RequestBatch(const ModelData& model, const std::vector<std::unique_ptr<Request>>& requests,
                           const std::string& configuration, std::uint64_t generation)
    : requests_(requests),
      configuration_(configuration),
      generation_(generation),
      images_(images_of(requests_)),
      predictions_(requests_.size()),
      batch_(model, images_, requests_[0]->topk, Clock::time_point::max(), predictions_) {
    answered_.reserve(requests_.size());
}

void RequestBatch::exit(int row, const ExitAnswer& answer) {
    batch_.exit(row, answer);
    Request& request = *requests_[static_cast<std::size_t>(row)];
    Prediction& prediction = predictions_[static_cast<std::size_t>(row)];
    prediction.configuration = configuration_;
    prediction.generation = generation_;
    prediction.latency_us =
        std::chrono::duration<double, std::micro>(Clock::now() - request.submitted).count();
    answered_.push_back({prediction.latency_us, prediction.exit_site, prediction.late});
    request.promise.set_value(std::move(prediction));
    request.is_answered = true;
}

}  // namespace dyce
