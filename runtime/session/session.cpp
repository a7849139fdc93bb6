#include "loaders/format/model_file.h"
#include "runtime/control/active_configuration.h"
#include "runtime/exec/exit_loop.h"
#include "runtime/session/answer.h"
#include "runtime/session/picture_batch.h"

#include <dyce/error.h>
#include <dyce/session.h>

#include <algorithm>
#include <atomic>
#include <mutex>

namespace dyce {
namespace {

std::vector<std::shared_ptr<const CompiledModel>> compile_members(const ModelData& model,
                                                                  const SessionOptions& options) {
    std::vector<std::shared_ptr<const CompiledModel>> members;
    for (const Member& member : model.members)
        members.push_back(CompiledModel::compile(member.graph, member.exits,
                                                 {.max_batch = options.max_batch,
                                                  .threads = options.threads,
                                                  .reference_kernels = options.reference_kernels}));
    return members;
}

}  // namespace

struct Session::Impl {
    using Active = ActiveConfiguration<ExitPlan>;

    std::shared_ptr<const ModelData> model;
    int max_batch;
    std::vector<ExitPosition> positions;
    std::vector<std::shared_ptr<const CompiledModel>> members;
    std::atomic<std::uint64_t> non_finite_scores{0};

    Active active;

    std::mutex idle_mutex;
    std::vector<std::unique_ptr<ExitLoop>> idle;  // one for each call that ever ran at the same time

    Impl(const Model& handle, const SessionOptions& options)
        : model(handle.data()),
          max_batch(options.max_batch),
          positions(model->positions()),
          members(compile_members(*model, options)),
          active(make_plan({})) {
        idle.push_back(make_loop());
    }

    std::unique_ptr<ExitLoop> make_loop() const {
        return std::make_unique<ExitLoop>(members, positions, max_batch);
    }

    std::shared_ptr<const ExitPlan> make_plan(const Configuration& configuration) const {
        const auto check = [&](const std::string& what, const std::string& found, const std::string& own) {
            if (!found.empty() && found != own)
                throw Error(ErrorCode::kUsage, "configuration " + configuration.name,
                            "was made for " + what + " " + found + ", this model has " + own);
        };
        check("the model", configuration.model_digest, model->digest);
        check("the preprocessing", configuration.preprocess_digest, model->preprocess_digest);
        check("precision", configuration.precision, "f32");
        return std::make_shared<const ExitPlan>(make_exit_plan(configuration, positions));
    }

    std::unique_ptr<ExitLoop> take_loop() {
        {
            const std::lock_guard lock(idle_mutex);
            if (!idle.empty()) {
                auto loop = std::move(idle.back());
                idle.pop_back();
                return loop;
            }
        }
        return make_loop();
    }

    void give_back(std::unique_ptr<ExitLoop> loop) {
        const std::lock_guard lock(idle_mutex);
        idle.push_back(std::move(loop));
    }

    std::vector<Prediction> classify(const std::vector<Image>& images, const ClassifyOptions& options) {
        const auto own = options.configuration ? make_plan(*options.configuration) : nullptr;
        auto deadline = ExitBatch::Clock::time_point::max();
        if (options.deadline_ms > 0)
            deadline =
                ExitBatch::Clock::now() + std::chrono::duration_cast<ExitBatch::Clock::duration>(
                                              std::chrono::duration<double, std::milli>(options.deadline_ms));
        std::vector<Prediction> predictions(images.size());
        auto loop = take_loop();
        const std::uint64_t before = loop->non_finite_scores();
        const auto batch = static_cast<std::size_t>(max_batch);
        for (std::size_t first = 0; first < images.size(); first += batch) {
            const std::size_t count = std::min(batch, images.size() - first);
            const Active::Current current = own ? Active::Current{own, 0} : active.get();
            PictureBatch pictures(*model, std::span(images).subspan(first, count), options.topk, deadline,
                                  std::span(predictions).subspan(first, count));
            loop->run(*current.plan, static_cast<int>(count), pictures);
            for (std::size_t i = first; i < first + count; ++i) {
                predictions[i].configuration = current.plan->configuration.name;
                predictions[i].generation = current.generation;
            }
        }
        non_finite_scores += loop->non_finite_scores() - before;
        give_back(std::move(loop));
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
    return impl_->active.install(impl_->make_plan(configuration));
}

Configuration Session::configuration() const { return impl_->active.get().plan->configuration; }
std::uint64_t Session::non_finite_scores() const { return impl_->non_finite_scores; }

Prediction Session::classify(const Image& image, int topk) {
    return classify(image, ClassifyOptions{topk, {}, 0});
}

Prediction Session::classify(const Image& image, const ClassifyOptions& options) {
    auto predictions = classify(std::vector<Image>{image}, options);
    if (!predictions[0].error.empty()) throw Error(ErrorCode::kContent, "picture", predictions[0].error);
    return std::move(predictions[0]);
}

std::vector<Prediction> Session::classify(const std::vector<Image>& images, int topk) {
    return classify(images, ClassifyOptions{topk, {}, 0});
}

std::vector<Prediction> Session::classify(const std::vector<Image>& images, const ClassifyOptions& options) {
    return impl_->classify(images, options);
}

}  // namespace dyce
