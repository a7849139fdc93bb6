#include "runtime/session/request_batch.h"

#include <utility>

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

RequestBatch::RequestBatch(const Engine& engine, const std::vector<std::unique_ptr<Request>>& requests,
                           const ExitPlan& plan, std::uint64_t generation)
    : requests_(requests),
      generation_(generation),
      plans_(each_of<const ExitPlan*>(
          requests, [&](const Request& one) { return one.plan != nullptr ? one.plan.get() : &plan; })),
      samples_(each_of<Sample>(requests, [](Request& one) { return std::move(one.sample); })),
      predictions_(requests_.size()),
      batch_(engine, samples_, {}, Clock::time_point::max(), predictions_) {
    answered_.reserve(requests_.size());
}

void RequestBatch::exit(int row, const ExitAnswer& answer) {
    const auto i = static_cast<std::size_t>(row);
    Request& request = *requests_[i];
    batch_.exit_with(row, answer, {request.topk, request.logits});
    Prediction& prediction = predictions_[i];
    const Configuration& configuration = plans_[i]->configuration;
    prediction.configuration = configuration.name;
    prediction.generation = request.plan != nullptr ? 0 : generation_;
    prediction.latency_us =
        std::chrono::duration<double, std::micro>(Clock::now() - request.submitted).count();
    answered_.push_back(
        {prediction.latency_us, prediction.exit_site, prediction.late, configuration.accuracy_low});
    request.reply.answer(std::move(prediction));
}

// An answer as well: it says why there is none.
void RequestBatch::refuse(int row) {
    ++unpaid_;
    batch_.refuse(row);
    const auto i = static_cast<std::size_t>(row);
    requests_[i]->reply.answer(std::move(predictions_[i]));
}

void RequestBatch::drop(int row) {
    ++cancelled_;
    requests_[static_cast<std::size_t>(row)]->reply.fail(std::make_exception_ptr(cancelled_error()));
}

}  // namespace dyce
