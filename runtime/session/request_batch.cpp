#include "runtime/session/request_batch.h"

namespace dyce {
namespace {

// What `of` says of each request.
template <class T, class Of>
std::vector<T> each_of(const std::vector<std::unique_ptr<Request>>& requests, const Of& of) {
    std::vector<T> result;
    result.reserve(requests.size());
    for (const auto& request : requests) result.push_back(of(*request));
    return result;
}

}  // namespace

RequestBatch::RequestBatch(const ModelData& model, const std::vector<std::unique_ptr<Request>>& requests,
                           const ExitPlan& plan, std::uint64_t generation)
    : requests_(requests),
      generation_(generation),
      plans_(each_of<const ExitPlan*>(
          requests, [&](const Request& one) { return one.plan != nullptr ? one.plan.get() : &plan; })),
      images_(each_of<Image>(requests, [](const Request& one) { return one.image; })),
      topk_(each_of<int>(requests, [](const Request& one) { return one.topk; })),
      predictions_(requests_.size()),
      batch_(model, images_, topk_, Clock::time_point::max(), predictions_) {
    answered_.reserve(requests_.size());
}

void RequestBatch::exit(int row, const ExitAnswer& answer) {
    batch_.exit(row, answer);
    const auto i = static_cast<std::size_t>(row);
    Request& request = *requests_[i];
    Prediction& prediction = predictions_[i];
    const Configuration& configuration = plans_[i]->configuration;
    prediction.configuration = configuration.name;
    prediction.generation = request.plan != nullptr ? 0 : generation_;
    prediction.latency_us =
        std::chrono::duration<double, std::micro>(Clock::now() - request.submitted).count();
    answered_.push_back(
        {prediction.latency_us, prediction.exit_site, prediction.late, configuration.accuracy_low});
    request.promise.set_value(std::move(prediction));
    request.is_answered = true;
}

}  // namespace dyce
