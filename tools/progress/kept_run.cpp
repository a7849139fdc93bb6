#include "tools/progress/kept_run.h"

#include "runtime/core/digest.h"
#include "runtime/core/index.h"

#include <dyce/error.h>

#include <algorithm>
#include <filesystem>

namespace dyce {
namespace {

constexpr std::size_t kMostNotes = 4096;  // of verbs that count by position

std::string pixels_digest(const Image& image) {
    Digest digest;
    const auto size = static_cast<std::size_t>(image.width()) * static_cast<std::size_t>(image.height()) * 3;
    digest.add(std::to_string(image.width()));
    digest.add(std::as_bytes(std::span(image.pixels(), size)));
    return digest.hex();
}

std::string names_digest(const KeptImages& images) {
    Digest digest;
    for (std::size_t i = 0; i < images.count; ++i) digest.add(images.name(i));
    return digest.hex();
}

// Everything about it that answers depend on.
std::string configuration_digest(const Configuration& configuration) {
    Digest digest;
    digest.add(configuration.name);
    digest.add(configuration.score);
    for (const EnabledExit& exit : configuration.exits) {
        digest.add(std::to_string(exit.site));
        digest.add(exit.type);
        digest.add(std::as_bytes(std::span(&exit.threshold, 1)));
    }
    return digest.hex();
}

std::size_t most_bytes(const std::vector<std::vector<std::size_t>>& held) {
    std::size_t most = 0;
    for (const auto& member : held)
        for (const std::size_t bytes : member) most = std::max(most, bytes);
    return most;
}

std::string text_digest(const std::string& text) {
    Digest digest;
    digest.add(text);
    return digest.hex();
}

}  // namespace

KeptRun::KeptRun(const KeptEngine& engine, const KeptImages& images, KeptAnswers& answers,
                 const KeptRunOptions& options)
    : images_(images),
      answers_(answers),
      options_(options),
      engine_(engine.model, fitting(engine)),
      positions_(engine_.model().positions()),
      held_(engine_.held_bytes()),
      plan_(engine_.make_plan(engine.configuration.value_or(Configuration{}))),
      generation_(engine.configuration ? 1 : 0),
      notes_bytes_(answers.notes().size()) {
    ProgressKey progress = key();
    progress.fields.insert(progress.fields.begin() + 3, {"precision", engine.options.precision});
    file_.emplace(options_.progress, progress, payload_bytes(), options_.durability);
    output_.emplace(options_.output, options_.durability);
    find_start();
}

// The progress has its share of the memory.
EngineOptions KeptRun::fitting(const KeptEngine& engine) {
    EngineOptions options = engine.options;
    if (options.max_memory == 0) return options;
    Engine alone(engine.model, options);
    const std::size_t progress = file_memory(alone);
    if (alone.memory_use().total() + progress <= options.max_memory) return options;
    if (progress >= options.max_memory)
        throw Error(ErrorCode::kResource, "max_memory",
                    std::to_string(options.max_memory) + " bytes given, but the progress alone takes " +
                        std::to_string(progress));
    options.max_memory -= progress;
    return options;
}

std::size_t KeptRun::file_memory(Engine& engine) {
    const std::size_t payload =
        saved_bytes(engine.max_batch(), index(engine.model().classes), engine.positions(), kMostNotes) +
        engine.max_batch() * most_bytes(engine.held_bytes());
    return ProgressFile::memory_bytes(payload);
}

std::size_t KeptRun::payload_bytes() const {
    const std::size_t rows = options_.every == 0 ? engine_.max_batch() : 0;
    return saved_bytes(rows, index(engine_.model().classes), positions_.size(), notes_bytes_) +
           rows * most_bytes(held_);
}

ProgressKey KeptRun::key() const {
    ProgressKey key;
    const ModelData& model = engine_.model();
    key.fields = {{"model", model.digest},
                  {"preprocessing", model.preprocess_digest},
                  {"plan", engine_.plan_digest()},
                  {"configuration", configuration_digest(plan_->configuration)},
                  {"list", names_digest(images_)},
                  {"output", text_digest(std::filesystem::absolute(options_.output).lexically_normal())},
                  {"settings", text_digest(options_.settings)},
                  {"batch", std::to_string(engine_.max_batch())},
                  {"interval", std::to_string(options_.every)}};
    for (std::size_t i = 0; i < images_.count; ++i) key.sizes.push_back(images_.bytes(i));
    key.image = images_.name;
    return key;
}

// The newest slot whose output is there: the power may have gone before the output of the very newest one was
// on the disk.
void KeptRun::find_start() {
    for (const auto& slot : file_->found()) {
        SavedRun run = read_saved(slot, file_->path());
        if (!output_->begins_with(run.out_bytes, run.out_end)) continue;
        const bool fits =
            run.images <= images_.count && run.notes.size() == notes_bytes_ &&
            (!run.is_under_way() ||
             (index(run.member) < held_.size() && run.stage >= 0 &&
              run.skipped.size() == run.rows.size() * SkippedTable(0, skippable_sites(positions_)).words() &&
              index(run.stage) < held_[index(run.member)].size() &&
              run.held.size() == run.present.size() * held_[index(run.member)][index(run.stage)] &&
              std::ranges::all_of(run.answers, [&](const SavedAnswer& answer) {
                  return answer.position >= 0 && index(answer.position) < positions_.size() &&
                         answer.head >= 0 &&
                         index(answer.head) < positions_[index(answer.position)].heads.size() &&
                         answer.logits.size() == index(engine_.model().classes);
              })));
        if (!fits)
            throw Error(ErrorCode::kContent, file_->path(), "a slot does not fit the model; remove the file");
        answers_.go_on_from(run.notes);
        output_->go_on_from(run.out_bytes);
        done_ = run.images;
        kept_ = run;
        if (run.is_under_way()) resumed_ = std::move(run);
        return;
    }
    if (!file_->found().empty())
        throw Error(ErrorCode::kContent, output_->path(),
                    "has " + std::to_string(output_->size()) + " bytes, expected at least " +
                        std::to_string(read_saved(file_->found().back(), file_->path()).out_bytes) +
                        " that begin as " + file_->path() + " tells: it was changed since; remove " +
                        file_->path() + " to start from the beginning");
    output_->go_on_from(0);
    kept_.out_end = output_->end();
    kept_.notes = answers_.notes();
    pending_ = answers_.heading();
}

void KeptRun::run() {
    answers_.done(done_);
    while (done_ < images_.count) {
        Batch batch = load(done_, std::min(engine_.max_batch(), images_.count - done_));
        if (!batch.samples.empty()) answer(batch);
        write(batch);
    }
    if (!pending_.empty()) keep_images();
}

KeptRun::Batch KeptRun::load(std::size_t first, std::size_t count) const {
    Batch batch{.first = first, .predictions = std::vector<Prediction>(count)};
    for (std::size_t i = 0; i < count; ++i) try {
            const Image image = images_.load(first + i);
            batch.digests.push_back(pixels_digest(image));
            batch.samples.emplace_back(image);
            batch.places.push_back(i);
        } catch (const Error& error) {
            batch.predictions[i].error = error.what();
        }
    return batch;
}

void KeptRun::answer(Batch& batch) {
    std::vector<Prediction> predictions(batch.samples.size());
    KeptBatch* rows = nullptr;
    const auto keep = [&](const RunState& state, StageRunner& runner) {
        keep_state(*rows, batch, state, runner);
    };
    KeptBatch kept(engine_, positions_, batch.samples, options_.topk, predictions,
                   options_.every == 0 ? KeptBatch::Keep(keep) : nullptr);
    rows = &kept;
    if (resumed_) {
        check(batch);
        kept.restore(*resumed_);
        const std::vector<std::byte> held(resumed_->held.begin(), resumed_->held.end());
        resumed_->held = held;
        engine_.resume(*plan_, resumed_->state(), kept);
        resumed_.reset();
    } else {
        engine_.run(*plan_, batch.samples.size(), kept);
    }
    for (std::size_t i = 0; i < predictions.size(); ++i) {
        const std::string& name = images_.name(batch.first + batch.places[i]);
        if (!predictions[i].error.empty()) predictions[i].error = name + ": " + predictions[i].error;
        predictions[i].configuration = plan_->configuration.name;
        predictions[i].generation = generation_;
        batch.predictions[batch.places[i]] = std::move(predictions[i]);
    }
}

// Rows go on with what was computed of their images.
void KeptRun::check(const Batch& batch) const {
    const auto& expected = resumed_->images_digests;
    if (batch.digests == expected) return;
    for (std::size_t i = 0; i < batch.digests.size(); ++i)
        if (i >= expected.size() || batch.digests[i] != expected[i])
            throw Error(ErrorCode::kContent, images_.name(batch.first + batch.places[i]),
                        "is another image than when " + file_->path() + " was written: it was changed since");
    throw Error(ErrorCode::kContent, file_->path(),
                "an image that was under way cannot be read any more, near " + images_.name(batch.first));
}

void KeptRun::write(const Batch& batch) {
    for (std::size_t i = 0; i < batch.predictions.size(); ++i)
        pending_ += answers_.take(batch.first + i, batch.predictions[i]);
    done_ += batch.predictions.size();
    if (done_ - kept_.images >= std::max<std::size_t>(options_.every, 1)) keep_images();
    answers_.done(done_);
}

// Nothing is pending where stages are kept, but before the first image.
void KeptRun::keep_state(const KeptBatch& rows, const Batch& batch, const RunState& state,
                         StageRunner& runner) {
    if (!pending_.empty()) keep_images();
    SavedRun& run = kept_;
    run.member = state.member;
    run.stage = state.stage;
    run.present.assign(state.present.begin(), state.present.end());
    run.arrived.assign(state.arrived.begin(), state.arrived.end());
    run.waiting.assign(state.waiting.begin(), state.waiting.end());
    run.rows.assign(state.rows.begin(), state.rows.end());
    run.skipped.assign(state.skipped.begin(), state.skipped.end());
    run.images_digests = batch.digests;
    run.answers = rows.answers();
    const auto payload = file_->payload();
    ProgressFile::passed("slot begins");
    const std::size_t end = write_saved(run, payload);
    ProgressFile::passed("rows written");
    const std::size_t held = state.present.size() * held_[index(state.member)][index(state.stage)];
    if (held > 0) runner.export_held(index(state.stage), state.places, payload.subspan(end, held));
    file_->commit(end + held);
}

void KeptRun::keep_images() {
    output_->append(pending_);
    pending_.clear();
    kept_ = {
        .images = done_, .out_bytes = output_->bytes(), .out_end = output_->end(), .notes = answers_.notes()};
    const auto payload = file_->payload();
    ProgressFile::passed("slot begins");
    const std::size_t end = write_saved(kept_, payload);
    ProgressFile::passed("rows written");
    file_->commit(end);
}

}  // namespace dyce
