#include "runtime/control/active_configuration.h"
#include "runtime/session/engine.h"
#include "runtime/session/image_batch.h"
#include "runtime/session/replier.h"
#include "runtime/session/sample_inputs.h"

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

    std::vector<Prediction> classify(std::span<const Sample> samples, const ClassifyOptions& options) {
        for (const Sample& sample : samples) check_sample(engine.model(), sample);
        const auto own = options.configuration ? engine.make_plan(*options.configuration) : nullptr;
        const Budget budget = engine.make_budget(options.budget_macs, options.budget_ms);
        engine.check_budget(budget, own ? *own : *active.get().plan);
        const auto deadline = deadline_after(options.deadline_ms, ExitBatch::Clock::now());
        std::vector<Prediction> predictions(samples.size());
        for (std::size_t first = 0; first < samples.size(); first += engine.max_batch()) {
            if (options.cancel && options.cancel->is_cancelled()) throw cancelled_error();
            const std::size_t count = std::min(engine.max_batch(), samples.size() - first);
            const Active::Current current = own ? Active::Current{own, 0} : active.get();
            engine.check_budget(budget, *current.plan);
            ImageBatch batch(engine, samples.subspan(first, count), {options.topk, options.logits}, deadline,
                             std::span(predictions).subspan(first, count), options.cancel, budget);
            engine.run(*current.plan, count, batch);
            if (batch.has_dropped()) throw cancelled_error();
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
std::vector<GateCount> Session::gates() const {
    std::vector<GateCount> counts;
    impl_->engine.read_gates(counts);
    return counts;
}
std::size_t Session::arena_bytes() const { return impl_->engine.arena_bytes(); }
MemoryUse Session::memory_use() const { return impl_->engine.memory_use(); }

Prediction Session::classify(const Sample& sample, int topk) {
    return classify(sample, ClassifyOptions{topk});
}
Prediction Session::classify(const Sample& sample, const ClassifyOptions& options) {
    auto predictions = impl_->classify({&sample, 1}, options);
    if (!predictions[0].error.empty()) {
        const bool is_refused = predictions[0].cut == Cut::kEnergy;
        throw Error(is_refused ? ErrorCode::kUnavailable : ErrorCode::kContent, "image",
                    predictions[0].error);
    }
    return std::move(predictions[0]);
}

Prediction Session::classify(const Image& image, int topk) { return classify(Sample(image), topk); }
Prediction Session::classify(const Image& image, const ClassifyOptions& options) {
    return classify(Sample(image), options);
}

std::vector<Prediction> Session::classify(const std::vector<Image>& images, int topk) {
    return classify(images, ClassifyOptions{topk});
}
std::vector<Prediction> Session::classify(const std::vector<Image>& images, const ClassifyOptions& options) {
    return classify_samples(std::vector<Sample>(images.begin(), images.end()), options);
}

std::vector<Prediction> Session::classify_samples(const std::vector<Sample>& samples,
                                                  const ClassifyOptions& options) {
    return impl_->classify(samples, options);
}

}  // namespace dyce
