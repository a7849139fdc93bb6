#include "graph/passes/passes.h"
#include "graph/sites.h"
#include "loaders/format/model_file.h"
#include "runtime/exec/executor.h"
#include "runtime/session/answer.h"

#include <dyce/error.h>
#include <dyce/session.h>

#include <algorithm>
#include <chrono>

namespace dyce {
namespace {

// The classifier alone: further outputs of an imported graph are not computed.
Graph classifier_of(const Graph& graph) {
    Graph classifier = graph;
    classifier.outputs.resize(1);
    remove_dead_code(classifier);
    return classifier;
}

}  // namespace

struct Session::Impl {
    std::shared_ptr<const ModelData> model;
    int max_batch;
    int sites;
    Executor executor;

    Impl(const Model& handle, const SessionOptions& options)
        : model(handle.data()),
          max_batch(options.max_batch),
          sites(static_cast<int>(find_sites(model->graph).size())),
          executor(CompiledModel::compile(classifier_of(model->graph),
                                          {.max_batch = options.max_batch, .threads = options.threads})) {}

    // Pictures first..first+count of `images`, which is at most one batch.
    void classify(const std::vector<Image>& images, std::size_t first, std::size_t count, int topk,
                  std::vector<Prediction>& predictions) {
        const auto start = std::chrono::steady_clock::now();
        const auto input = executor.input(static_cast<int>(count));
        const std::size_t picture = input.size() / count;
        std::vector<std::string> errors(count);
        for (std::size_t i = 0; i < count; ++i) {
            float* row = input.data() + i * picture;
            try {
                apply(model->preprocess, images[first + i], row);
            } catch (const Error& error) {
                errors[i] = error.what();
                std::fill(row, row + picture, 0.f);
            }
        }
        const auto logits = executor.run(static_cast<int>(count));
        const std::size_t classes = logits.size() / count;
        for (std::size_t i = 0; i < count; ++i) {
            Prediction prediction;
            if (errors[i].empty())
                prediction = answer(logits.subspan(i * classes, classes), model->labels, topk);
            else
                prediction.error = errors[i];
            prediction.exit_site = sites;
            prediction.macs = model->macs;
            predictions.push_back(std::move(prediction));
        }
        const std::chrono::duration<double, std::micro> elapsed = std::chrono::steady_clock::now() - start;
        for (std::size_t i = predictions.size() - count; i < predictions.size(); ++i)
            predictions[i].latency_us = elapsed.count();
    }
};

Session::Session(const Model& model, const SessionOptions& options)
    : impl_(std::make_unique<Impl>(model, options)) {}
Session::~Session() = default;
Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&&) noexcept = default;

Prediction Session::classify(const Image& image, int topk) {
    auto predictions = classify(std::vector<Image>{image}, topk);
    if (!predictions[0].error.empty()) throw Error(ErrorCode::kContent, "picture", predictions[0].error);
    return std::move(predictions[0]);
}

std::vector<Prediction> Session::classify(const std::vector<Image>& images, int topk) {
    std::vector<Prediction> predictions;
    predictions.reserve(images.size());
    const auto batch = static_cast<std::size_t>(impl_->max_batch);
    for (std::size_t first = 0; first < images.size(); first += batch)
        impl_->classify(images, first, std::min(batch, images.size() - first), topk, predictions);
    return predictions;
}

}  // namespace dyce
