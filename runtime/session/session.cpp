#include "runtime/control/active_configuration.h"
#include "runtime/session/engine.h"
#include "runtime/session/image_batch.h"

#include <dyce/error.h>
#include <dyce/session.h>

#include <algorithm>

namespace dyce {

struct Session::Impl {
    using Active = ActiveConfiguration<ExitPlan>;

    Engine engine;
    Active active;

    Impl(const Model& model, const SessionOptions& options)
        : engine(model, options), active(engine.make_plan({})) {}

    std::vector<Prediction> classify(const std::vector<Image>& images, const ClassifyOptions& options) {
        const auto own = options.configuration ? engine.make_plan(*options.configuration) : nullptr;
        const auto deadline = deadline_after(options.deadline_ms, ExitBatch::Clock::now());
        const std::vector<int> topk(std::min(engine.max_batch(), images.size()), options.topk);
        std::vector<Prediction> predictions(images.size());
        for (std::size_t first = 0; first < images.size(); first += engine.max_batch()) {
            const std::size_t count = std::min(engine.max_batch(), images.size() - first);
            const Active::Current current = own ? Active::Current{own, 0} : active.get();
            ImageBatch batch(engine.model(), std::span(images).subspan(first, count), topk, deadline,
                             std::span(predictions).subspan(first, count));
            engine.run(*current.plan, count, batch);
            for (std::size_t i = first; i < first + count; ++i) {
                predictions[i].configuration = current.plan->configuration.name;
                predictions[i].generation = current.generation;
            }
        }
        return predictions;
    }
};

Session::Session(const Model& model, const SessionOptions& options)
    : impl_(std::make_unique<Impl>(model, options)) {}
Session::Session(const Model& model, const Configuration& configuration, const SessionOptions& options)
    : Session(model, options) {
    set_configuration(configuration);
}
Session::~Session() = default;
Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&&) noexcept = default;

std::uint64_t Session::set_configuration(const Configuration& configuration) {
    return impl_->active.install(impl_->engine.make_plan(configuration));
}

Configuration Session::configuration() const { return impl_->active.get().plan->configuration; }
std::uint64_t Session::non_finite_scores() const { return impl_->engine.non_finite_scores(); }
std::size_t Session::arena_bytes() const { return impl_->engine.arena_bytes(); }

Prediction Session::classify(const Image& image, int topk) {
    return classify(image, ClassifyOptions{topk, {}, 0});
}

Prediction Session::classify(const Image& image, const ClassifyOptions& options) {
    auto predictions = classify(std::vector<Image>{image}, options);
    if (!predictions[0].error.empty()) throw Error(ErrorCode::kContent, "image", predictions[0].error);
    return std::move(predictions[0]);
}

std::vector<Prediction> Session::classify(const std::vector<Image>& images, int topk) {
    return classify(images, ClassifyOptions{topk, {}, 0});
}

std::vector<Prediction> Session::classify(const std::vector<Image>& images, const ClassifyOptions& options) {
    return impl_->classify(images, options);
}

}  // namespace dyce
