#include "search/record/recorder.h"

#include "loaders/format/same_network.h"
#include "runtime/core/digest.h"
#include "runtime/core/idle_pool.h"
#include "runtime/core/index.h"
#include "runtime/exec/local_stage_runner.h"
#include "runtime/flow/exit_score.h"
#include "search/record/gated_pass.h"
#include "search/record/record_meta.h"

#include <dyce/error.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace dyce {
namespace {

// One head as the runner counts it: where it stands in a row of the record.
struct Column {
    int head;  ///< -1: the member's classifier
    std::size_t row_index;
};

// What is evaluated at one position.
using PositionColumns = std::vector<Column>;

// What one run at a time works with.
struct RecorderMemory {
    StageRunners runners;           // by member
    std::vector<GatedPass> passes;  // over them
    std::vector<int> order;         // of classes, while one row is noted
};

}  // namespace

struct Recorder::Impl {
    std::shared_ptr<const ModelData> model;
    RecorderOptions options;
    std::vector<const ExitScore*> scores;  // but max_softmax
    const std::vector<ExitSite> positions;
    RecordMeta meta;
    std::vector<std::shared_ptr<const CompiledModel>> members;
    std::vector<PositionColumns> columns;  // by position
    IdlePool<RecorderMemory> memory;

    Impl(std::shared_ptr<const ModelData> data, const RecorderOptions& given)
        : model(std::move(data)),
          options(given),
          positions(model->positions()),
          meta(describe_exits(positions)) {
        options.topk = std::min(options.topk, model->classes);
        for (const std::string& name : options.scores) {
            const ExitScore& score = find_exit_score(name);
            if (!score.from_logits)
                throw Error(ErrorCode::kUsage, "scores",
                            "\"" + name + "\" is computed from predictions; it is not recorded");
            if (name != kMaxSoftmax) scores.push_back(&score);
        }
        meta.model_digest = model->digest;
        meta.preprocess_digest = model->preprocess_digest;
        meta.precision = name_of(options.precision);
        meta.classes = model->classes;
        compile();
    }

    void compile() {
        Digest plan;
        for (std::size_t m = 0; m < model->members.size(); ++m) {
            auto compiled = compile_member(m);
            plan.add(compiled->plan_digest());
            members.push_back(std::move(compiled));
        }
        meta.plan_digest = plan.hex();
        columns.resize(positions.size());
        for (std::size_t h = 0; h < meta.heads.size(); ++h) {
            const auto p = static_cast<std::size_t>(meta.heads[h].position);
            columns[p].push_back({runner_head(positions[p], meta.type_name(meta.heads[h])), h});
        }
    }

    // Once for all members that are one network.
    std::shared_ptr<const CompiledModel> compile_member(std::size_t at) const {
        const Member& member = model->members[at];
        for (std::size_t m = 0; m < at; ++m)
            if (is_same_network(model->members[m], member)) return members[m];
        return CompiledModel::compile(
            member.graph, member.exits,
            {.max_batch = options.batch, .threads = 1, .precision = options.precision, .goal = options.goal});
    }

    static int runner_head(const ExitSite& position, const std::string& type) {
        for (const ExitSite::Head& head : position.heads)
            if (head.type == type) return head.index;
        throw Error(ErrorCode::kInternal, "recorder", "no head of type " + type);
    }

    std::unique_ptr<RecorderMemory> make_memory() const {
        auto made = std::make_unique<RecorderMemory>();
        made->runners = local_stage_runners(members);
        for (std::size_t m = 0; m < members.size(); ++m)
            made->passes.emplace_back(*made->runners[m], positions, static_cast<int>(m));
        made->order.resize(static_cast<std::size_t>(model->classes));
        return made;
    }

    void run(std::size_t m, RecorderMemory& own, std::span<const Image> images,
             std::vector<RecordRow>& rows) const {
        const auto at_once = static_cast<std::size_t>(own.runners[m]->rows_at_once());
        for (std::size_t first = 0; first < images.size(); first += at_once)
            run_chunk(m, own, images, first, std::min(at_once, images.size() - first), rows);
    }

    void run_chunk(std::size_t m, RecorderMemory& own, std::span<const Image> all, std::size_t first,
                   std::size_t count, std::vector<RecordRow>& rows) const {
        GatedPass& pass = own.passes[m];
        const std::span<const Image> images = all.subspan(first, count);
        const auto input = pass.begin(static_cast<int>(images.size()));
        const std::size_t image = input.size() / images.size();
        for (std::size_t i = 0; i < images.size(); ++i) {
            try {
                apply(model->members[m].preprocess, images[i], input.data() + i * image);
            } catch (const Error& error) {
                throw Error(error.code(), "image " + std::to_string(first + i), error.message());
            }
        }
        const std::span<RecordRow> noted = std::span(rows).subspan(first, count);
        while (pass.advance()) {
            if (meta.has_gates()) note_paid(pass, noted);
            for (const Column& column : columns[pass.position()]) {
                const auto logits = own.runners[m]->run_head(column.head);
                const std::size_t classes = logits.size() / count;
                for (std::size_t place = 0; place < count; ++place)
                    note(logits.subspan(place * classes, classes), column.row_index,
                         noted[index(pass.rows()[place])], own.order);
            }
        }
    }

    static void note_paid(const GatedPass& pass, std::span<RecordRow> rows) {
        for (std::size_t p = pass.first_position(); p <= pass.position(); ++p)
            for (const int row : pass.rows()) rows[index(row)].paid[p] = pass.paid(row, p);
    }

    // The best classes with their probabilities, then the other scores. What is not finite is noted as class
    // 0 with no score, so that it never fires.
    void note(std::span<const float> logits, std::size_t column, RecordRow& row,
              std::vector<int>& order) const {
        const auto topk = static_cast<std::size_t>(options.topk);
        std::int32_t* classes = row.classes.data() + column * topk;
        float* values = row.scores.data() + column * (topk + scores.size());
        const int best = best_class(logits);
        const ScoreInput input{logits, best, 1};
        const float surest = find_exit_score(kMaxSoftmax).compute(input);
        if (!std::isfinite(surest)) {
            std::fill_n(classes, topk, 0);
            std::fill_n(values, topk + scores.size(), kNoScore);
            return;
        }
        classes[0] = best;
        values[0] = surest;
        if (topk > 1) note_others(logits, surest, classes, values, order);
        for (std::size_t s = 0; s < scores.size(); ++s) values[topk + s] = scores[s]->compute(input);
    }

    void note_others(std::span<const float> logits, float surest, std::int32_t* classes, float* values,
                     std::vector<int>& order) const {
        const auto topk = static_cast<std::ptrdiff_t>(options.topk);
        std::iota(order.begin(), order.end(), 0);
        std::partial_sort(order.begin(), order.begin() + topk, order.end(), [&](int a, int b) {
            const float x = logits[static_cast<std::size_t>(a)], y = logits[static_cast<std::size_t>(b)];
            return x != y ? x > y : a < b;
        });
        const float top = logits[static_cast<std::size_t>(order[0])];
        for (std::ptrdiff_t k = 1; k < topk; ++k) {
            classes[k] = order[static_cast<std::size_t>(k)];
            values[k] = std::exp(logits[static_cast<std::size_t>(classes[k])] - top) * surest;
        }
    }
};

Recorder::Recorder(std::shared_ptr<const ModelData> model, const RecorderOptions& options)
    : impl_(std::make_unique<Impl>(std::move(model), options)) {}
Recorder::~Recorder() = default;

const RecordMeta& Recorder::meta() const { return impl_->meta; }

std::size_t Recorder::classes_per_row() const {
    return impl_->meta.heads.size() * static_cast<std::size_t>(impl_->options.topk);
}

std::size_t Recorder::scores_per_row() const {
    return classes_per_row() + impl_->meta.heads.size() * impl_->scores.size();
}

std::size_t Recorder::paid_per_row() const { return impl_->meta.has_gates() ? impl_->positions.size() : 0; }

std::size_t Recorder::arena_bytes() const {
    std::size_t bytes = 0;
    for (const auto& member : impl_->members) bytes += member->arena_bytes();
    return bytes;
}

std::vector<RecordRow> Recorder::run(std::span<const Image> images) const {
    std::vector<RecordRow> rows(
        images.size(), {std::vector<std::int32_t>(classes_per_row()), std::vector<float>(scores_per_row()),
                        std::vector<std::int64_t>(paid_per_row())});
    auto memory = impl_->memory.take([this] { return impl_->make_memory(); });
    for (std::size_t m = 0; m < impl_->members.size(); ++m) impl_->run(m, *memory, images, rows);
    impl_->memory.give_back(std::move(memory));
    return rows;
}

Record make_record(const RecordMeta& meta, const RecorderOptions& options, std::span<const RecordRow> rows,
                   std::span<const int> labels) {
    Record record;
    record.meta = meta;
    record.images = rows.size();
    record.topk = static_cast<std::size_t>(std::min<std::int64_t>(options.topk, meta.classes));
    record.scores = options.scores;
    record.labels = ClassIndices(rows.size(), meta.classes);
    const std::size_t topk = record.topk, per_head = topk + record.scores.size() - 1;
    for (std::size_t i = 0; i < rows.size(); ++i) record.labels.set(i, labels[i]);
    for (std::size_t p = 0; meta.has_gates() && p < meta.positions.size(); ++p)
        for (const RecordRow& row : rows) record.paid.push_back(row.paid[p]);
    for (std::size_t h = 0; h < meta.heads.size(); ++h) {
        RecordColumn column{ClassIndices(rows.size() * topk, meta.classes), {}};
        column.scores.assign(record.scores.size(), std::vector<float>(rows.size()));
        column.scores[0].resize(rows.size() * topk);
        for (std::size_t i = 0; i < rows.size(); ++i) {
            const float* values = rows[i].scores.data() + h * per_head;
            for (std::size_t k = 0; k < topk; ++k) {
                column.predictions.set(i * topk + k, rows[i].classes[h * topk + k]);
                column.scores[0][i * topk + k] = values[k];
            }
            for (std::size_t s = 1; s < record.scores.size(); ++s) column.scores[s][i] = values[topk + s - 1];
        }
        record.columns.push_back(std::move(column));
    }
    return record;
}

}  // namespace dyce
