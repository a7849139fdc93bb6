#include "runtime/exec/local_stage_runner.h"

#include "runtime/core/index.h"
#include "runtime/exec/absent_stage_runner.h"
#include "runtime/exec/context.h"
#include "runtime/exec/plain_carry.h"

#include <dyce/error.h>

#include <algorithm>
#include <cstring>
#include <numeric>

namespace dyce {
namespace {

// Whether rows carried over the end of a part lie at the same places in both.
bool lies_alike(const BatchPlan& a, const BatchPlan& b, std::size_t part) {
    const auto place_in = [](const BatchPlan& batch_plan) {
        return [&](const Carry& carry) { return batch_plan.buffers[index(carry.buffer)].offset; };
    };
    return std::ranges::equal(a.parts[part].carries, b.parts[part].carries, {}, place_in(a), place_in(b));
}

// Whether a row is the same bytes in both.
bool have_same_rows(const std::vector<Carry>& a, const std::vector<Carry>& b) {
    return std::ranges::equal(a, b, [](const Carry& one, const Carry& other) {
        return one.row_bytes != 0 && other.row_bytes != 0 && same_rows(one.desc, other.desc);
    });
}

std::size_t stage_before(const std::vector<std::size_t>& stages, std::size_t part) {
    return *std::prev(std::ranges::find(stages, part));
}

// Whether one value, behind a stage, is held by the same bytes as the other before it.
bool stays(const Carry& before, const Carry& behind) {
    return before.buffer == behind.buffer && before.row_bytes != 0 && before.scale == behind.scale &&
           same_rows(before.desc, behind.desc);
}

// By stage: whether carried rows are the same bytes in all batch plans.
std::vector<bool> find_alike(const CompiledModel::Data& model, const std::vector<std::size_t>& stages) {
    std::vector<bool> alike;
    for (const std::size_t part : stages)
        alike.push_back(std::ranges::all_of(model.batch_plans, [&](const BatchPlan& batch_plan) {
            return have_same_rows(batch_plan.parts[part].carries, model.batch_plans[0].parts[part].carries);
        }));
    return alike;
}

void check_rows_apart(const std::vector<Carry>& carries) {
    for (const Carry& carry : carries)
        if (carry.row_bytes == 0)
            throw Error(ErrorCode::kContent, "gate", "the rows of a batch do not lie apart where it decides");
}

// By stage: whether rows that skip it have nothing to do, because the site's value lies behind it where it lay before,
// and other batch sizes leave it alone.
std::vector<bool> find_in_place(const CompiledModel::Data& model, const std::vector<std::size_t>& stages) {
    const bool places_agree = std::ranges::all_of(model.batch_plans, [&](const BatchPlan& batch_plan) {
        return std::ranges::equal(batch_plan.buffers, model.batch_plans.back().buffers, {},
                                  &PlanBuffer::offset, &PlanBuffer::offset);
    });
    for (const std::size_t part : stages)
        if (model.network.parts[part].may_skip)
            for (const BatchPlan& batch_plan : model.batch_plans) {
                check_rows_apart(batch_plan.parts[stage_before(stages, part)].carries);
                check_rows_apart(batch_plan.parts[part].carries);
            }
    std::vector<bool> in_place;
    for (const std::size_t part : stages)
        in_place.push_back(places_agree && model.network.parts[part].may_skip &&
                           std::ranges::all_of(model.batch_plans, [&](const BatchPlan& batch_plan) {
                               return stays(batch_plan.parts[stage_before(stages, part)].carries.front(),
                                            batch_plan.parts[part].carries.front());
                           }));
    return in_place;
}

std::size_t row_bytes_of(const std::vector<Carry>& carries) {
    return std::accumulate(carries.begin(), carries.end(), std::size_t{0},
                           [](std::size_t sum, const Carry& carry) { return sum + carry.row_bytes; });
}

std::size_t carried_bytes(const BatchPlan& batch_plan, std::size_t part) {
    return row_bytes_of(batch_plan.parts[part].carries) * static_cast<std::size_t>(batch_plan.batch);
}

std::vector<std::size_t> parts_of(const CompiledModel::Data& model, bool is_backbone) {
    const auto& parts = model.batch_plans[0].parts;
    std::vector<std::size_t> found;
    for (std::size_t p = 0; p < parts.size(); ++p)
        if ((parts[p].head < 0) == is_backbone) found.push_back(p);
    return found;
}

// Rows that are moved, and rows that skip a stage and would be written over.
std::size_t staged_bytes(const CompiledModel::Data& model, const std::vector<std::size_t>& stages) {
    std::size_t most = 0;
    const BatchPlan& biggest = model.batch_plans.back();
    for (const std::size_t part : stages)
        if (model.network.parts[part].may_skip) most = std::max(most, carried_bytes(biggest, part));
    for (const BatchPlan& batch_plan : model.batch_plans)
        for (const std::size_t part : stages)
            if (!lies_alike(batch_plan, biggest, part)) most = std::max(most, carried_bytes(biggest, part));
    return most;
}

// A stage ends at the site of the heads behind it; the last one at the classifier.
std::vector<StagePoint> points_of(const CompiledModel::Data& model, const std::vector<std::size_t>& stages) {
    std::vector<StagePoint> points;
    for (const std::size_t part : stages) {
        StagePoint point{model.network.parts[part].site, {}};
        for (const Carry& carry : model.batch_plans[0].parts[part].carries)
            point.values.push_back(carried_value(carry, model.batch_plans[0].batch));
        points.push_back(std::move(point));
    }
    return points;
}

}  // namespace

struct LocalStageRunner::Impl {
    ExecutionContext context;
    std::vector<std::size_t> stages;  ///< index in BatchPlan::parts of each stage of the backbone
    std::vector<std::size_t> heads;   ///< the same of each head
    std::vector<StagePoint> points;
    std::vector<bool> alike;                          ///< find_alike()
    std::vector<bool> in_place;                       ///< find_in_place()
    std::vector<std::byte> staging;                   ///< staged_bytes()
    std::vector<std::vector<PlainCarry>> ports = {};  ///< by bucket and stage; empty = not needed yet
    std::vector<int> all_places;
    std::vector<float> skipped;  ///< the site's values of all rows, where they do not lie in place

    std::size_t bucket = 0;
    int rows = 0;
    std::size_t stage = 0;  ///< the next one

    Impl(std::shared_ptr<const CompiledModel> compiled, std::shared_ptr<ComputeTeam> team)
        : context(std::move(compiled), std::move(team)),
          stages(parts_of(context.model(), true)),
          heads(parts_of(context.model(), false)),
          points(points_of(context.model(), stages)),
          alike(find_alike(context.model(), stages)),
          in_place(find_in_place(context.model(), stages)) {
        staging.resize(staged_bytes(context.model(), stages));
        ports.resize(context.model().batch_plans.size() * stages.size());
    }

    const BatchPlan& batch_plan() const { return context.bound(bucket).batch_plan(); }
    void run(std::size_t part) {
        const Stage& range = batch_plan().parts[part];
        context.run(bucket, range.begin, range.end);
    }
    // Without what it makes for later heads.
    void run_backbone(std::size_t part, std::size_t in) {
        const Stage& range = context.bound(in).batch_plan().parts[part];
        context.run(in, range.begin, range.first_feed);
    }
    void run_feeds(std::size_t part) {
        const Stage& range = batch_plan().parts[part];
        context.run(bucket, range.first_feed, range.end);
    }
    void start(int count, std::size_t first_stage) {
        context.model().check_rows(count, context.model().rows_at_once());
        bucket = context.bucket(count);
        rows = count;
        stage = first_stage;
    }

    // Over the end of stage `point`, in the bucket under way.
    const std::vector<Carry>& carries(std::size_t point) const {
        return batch_plan().parts[stages[point]].carries;
    }

    // Whether rows carried over the end of the current stage lie alike in bucket `to`.
    bool can_move(std::size_t part, std::size_t to) const {
        const BatchPlan& target = context.bound(to).batch_plan();
        return have_same_rows(batch_plan().parts[part].carries, target.parts[part].carries);
    }

    // Rows close up where they lie. Mostly that is where bucket `to` expects them, too; else they go there.
    // Places of different values may overlap: they go through the staging memory.
    void move(std::size_t part, std::size_t to, std::span<const int> kept) {
        const BoundPlan& source = context.bound(bucket);
        const BoundPlan& target = context.bound(to);
        const auto& from_carries = source.batch_plan().parts[part].carries;
        const auto& to_carries = target.batch_plan().parts[part].carries;
        for (const Carry& carry : from_carries) {
            std::byte* bytes = source.bytes(carry.buffer);
            for (std::size_t k = 0; k < kept.size(); ++k)
                if (kept[k] != static_cast<int>(k))
                    std::memcpy(bytes + k * carry.row_bytes, bytes + index(kept[k]) * carry.row_bytes,
                                carry.row_bytes);
        }
        if (lies_alike(source.batch_plan(), target.batch_plan(), part)) return;
        std::byte* staged = staging.data();
        for (const Carry& carry : from_carries) {
            std::memcpy(staged, source.bytes(carry.buffer), kept.size() * carry.row_bytes);
            staged += kept.size() * carry.row_bytes;
        }
        staged = staging.data();
        for (const Carry& carry : to_carries) {
            std::memcpy(target.bytes(carry.buffer), staged, kept.size() * carry.row_bytes);
            staged += kept.size() * carry.row_bytes;
        }
    }

    // Batch size `in` writes over rows that stay out: they come back.
    void run_in_place(std::size_t part, int first, std::size_t in) {
        const Carry& carry = carries(stage).front();
        const int end = std::min(rows, static_cast<int>(context.bound(in).batch_plan().batch));
        const std::size_t bytes = index(std::max(end - first, 0)) * carry.row_bytes;
        std::byte* rest = context.bound(bucket).bytes(carry.buffer) + index(first) * carry.row_bytes;
        std::memcpy(staging.data(), rest, bytes);
        run_backbone(part, in);
        std::memcpy(rest, staging.data(), bytes);
    }

    // All rows run.
    void run_beside(std::size_t part, int first) {
        all_places.resize(index(rows));
        std::iota(all_places.begin(), all_places.end(), 0);
        PlainCarry& before = ports_of(stage - 1).front();
        PlainCarry& behind = ports_of(stage).front();
        skipped.resize(index(rows) * points[stage].values.front().size());
        before.read(context, all_places, skipped);
        if (first > 0) run_backbone(part, bucket);
        behind.read(context, std::span(all_places).first(index(first)), skipped);
        behind.write(context, skipped);
    }

    // Of the values carried over the end of stage `s` in the bucket under way.
    std::vector<PlainCarry>& ports_of(std::size_t s) {
        std::vector<PlainCarry>& made = ports[bucket * stages.size() + s];
        if (made.empty())
            for (const Carry& carry : batch_plan().parts[stages[s]].carries)
                made.emplace_back(context.model(), carry, batch_plan().batch,
                                  context.bound(bucket).bytes(carry.buffer));
        return made;
    }
};

LocalStageRunner::LocalStageRunner(std::shared_ptr<const CompiledModel> model,
                                   std::shared_ptr<ComputeTeam> team)
    : impl_(std::make_unique<Impl>(std::move(model), std::move(team))) {}
LocalStageRunner::~LocalStageRunner() = default;
LocalStageRunner::LocalStageRunner(LocalStageRunner&&) noexcept = default;

std::span<const StagePoint> LocalStageRunner::points() const { return impl_->points; }
int LocalStageRunner::rows_at_once() const { return impl_->context.model().rows_at_once(); }
std::size_t LocalStageRunner::buckets() const { return impl_->context.model().batch_plans.size(); }
std::size_t LocalStageRunner::bucket_of(int rows) const { return impl_->context.bucket(rows); }
std::size_t LocalStageRunner::bucket() const { return impl_->bucket; }

std::span<float> LocalStageRunner::begin(int rows) {
    impl_->start(rows, 0);
    return impl_->context.input(impl_->bucket, rows);
}

void LocalStageRunner::advance() { impl_->run(impl_->stages[impl_->stage++]); }

void LocalStageRunner::exchange(std::span<const RowSwap> swaps) {
    for (const Carry& carry : impl_->carries(impl_->stage - 1)) {
        std::byte* bytes = impl_->context.bound(impl_->bucket).bytes(carry.buffer);
        for (const auto& [one, other] : swaps) {
            std::byte* row = bytes + index(one) * carry.row_bytes;
            std::swap_ranges(row, row + carry.row_bytes, bytes + index(other) * carry.row_bytes);
        }
    }
}

void LocalStageRunner::advance_first(int rows, std::size_t bucket) {
    const std::size_t part = impl_->stages[impl_->stage];
    if (!impl_->in_place[impl_->stage])
        impl_->run_beside(part, rows);
    else if (rows > 0)
        impl_->run_in_place(part, rows, bucket);
    impl_->run_feeds(part);
    ++impl_->stage;
}

std::span<const float> LocalStageRunner::run_head(int head) {
    if (head >= 0) impl_->run(impl_->heads[index(head)]);
    return impl_->context.output(impl_->bucket, head + 1, impl_->rows);
}

bool LocalStageRunner::keep(std::span<const int> kept, std::size_t bucket) {
    const std::size_t part = impl_->stages[impl_->stage - 1];
    if (!impl_->can_move(part, bucket)) return false;
    impl_->move(part, bucket, kept);
    impl_->bucket = bucket;
    impl_->rows = static_cast<int>(kept.size());
    return true;
}

void LocalStageRunner::export_rows(std::span<const int> places, std::span<const ValueRows> values) {
    std::vector<PlainCarry>& ports = impl_->ports_of(impl_->stage - 1);
    for (std::size_t v = 0; v < values.size(); ++v) ports[v].read(impl_->context, places, values[v].numbers);
}

void LocalStageRunner::import_rows(std::size_t point, int rows, std::span<const ValueRows> values) {
    impl_->start(rows, point + 1);
    std::vector<PlainCarry>& ports = impl_->ports_of(point);
    for (std::size_t v = 0; v < values.size(); ++v) ports[v].write(impl_->context, values[v].numbers);
}

std::size_t LocalStageRunner::held_bytes(std::size_t point) const {
    if (!impl_->alike[point]) return StageRunner::held_bytes(point);
    return row_bytes_of(impl_->carries(point));
}

void LocalStageRunner::export_held(std::size_t point, std::span<const int> places,
                                   std::span<std::byte> bytes) {
    if (!impl_->alike[point]) return StageRunner::export_held(point, places, bytes);
    std::byte* to = bytes.data();
    for (const Carry& carry : impl_->carries(point))
        for (const int place : places) {
            const std::byte* rows = impl_->context.bound(impl_->bucket).bytes(carry.buffer);
            std::memcpy(to, rows + index(place) * carry.row_bytes, carry.row_bytes);
            to += carry.row_bytes;
        }
}

void LocalStageRunner::import_held(std::size_t point, int rows, std::span<const std::byte> bytes) {
    if (!impl_->alike[point]) return StageRunner::import_held(point, rows, bytes);
    impl_->start(rows, point + 1);
    const std::byte* from = bytes.data();
    for (const Carry& carry : impl_->carries(point)) {
        const std::size_t size = index(rows) * carry.row_bytes;
        std::byte* to = impl_->context.bound(impl_->bucket).bytes(carry.buffer);
        std::memcpy(to, from, size);
        std::memset(to + size, 0,
                    index(static_cast<int>(impl_->batch_plan().batch) - rows) * carry.row_bytes);
        from += size;
    }
}

std::size_t staging_bytes(const CompiledModel& model) {
    return staged_bytes(model.data(), parts_of(model.data(), true));
}

SkippableStages count_skippable(const CompiledModel& model) {
    const auto stages = parts_of(model.data(), true);
    const std::vector<bool> in_place = find_in_place(model.data(), stages);
    SkippableStages count;
    for (std::size_t s = 0; s < stages.size(); ++s) {
        if (!model.data().network.parts[stages[s]].may_skip) continue;
        ++count.all;
        count.copied += in_place[s] ? 0 : 1;
    }
    return count;
}

StageRunners local_stage_runners(const std::vector<std::shared_ptr<const CompiledModel>>& members) {
    const auto team = std::make_shared<ComputeTeam>(members.back()->data().options.threads);
    StageRunners runners;
    for (const auto& member : members)
        if (member != nullptr)
            runners.push_back(std::make_unique<LocalStageRunner>(member, team));
        else
            runners.push_back(std::make_unique<AbsentStageRunner>());
    return runners;
}

}  // namespace dyce
