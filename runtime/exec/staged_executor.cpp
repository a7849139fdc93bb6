#include "runtime/exec/staged_executor.h"

#include "runtime/exec/context.h"

#include <algorithm>
#include <cstring>

namespace dyce {

std::shared_ptr<StageTimes> make_stage_times(
    const std::vector<std::shared_ptr<const CompiledModel>>& networks, TimeSource now) {
    std::size_t stages = 0, buckets = 0;
    for (const auto& network : networks) {
        const auto& batch_plans = network->data().batch_plans;
        buckets = std::max(buckets, batch_plans.size());
        for (const Stage& part : batch_plans[0].parts) stages += part.head < 0 ? 1 : 0;
    }
    return std::make_shared<StageTimes>(stages, buckets, std::move(now));
}

struct StagedExecutor::Impl {
    ExecutionContext context;
    std::vector<std::size_t> stages;  ///< index in BatchPlan::parts of each stretch of the backbone
    std::vector<std::size_t> heads;   ///< the same of each head
    std::vector<std::byte> staging;   ///< for rows that lie elsewhere in another bucket
    std::shared_ptr<StageTimes> times;
    std::size_t first_stage;  ///< in `times`

    std::size_t bucket = 0;
    int rows = 0;
    std::size_t stage = 0;  ///< the next one

    Impl(std::shared_ptr<const CompiledModel> compiled, std::shared_ptr<ComputeTeam> team,
         std::shared_ptr<StageTimes> shared, std::size_t first)
        : context(compiled, std::move(team)),
          stages(parts_of(context, true)),
          heads(parts_of(context, false)),
          times(shared != nullptr ? std::move(shared) : make_stage_times({std::move(compiled)})),
          first_stage(first) {
        std::size_t most = 0;
        const BatchPlan& biggest = context.model().batch_plans.back();
        for (const BatchPlan& batch_plan : context.model().batch_plans)
            for (const std::size_t part : stages)
                if (!lies_alike(batch_plan, biggest, part))
                    most = std::max(most, carried_bytes(biggest, part));
        staging.resize(most);
    }

    static std::vector<std::size_t> parts_of(const ExecutionContext& context, bool is_backbone) {
        const auto& parts = context.bound(0).batch_plan().parts;
        std::vector<std::size_t> found;
        for (std::size_t p = 0; p < parts.size(); ++p)
            if ((parts[p].head < 0) == is_backbone) found.push_back(p);
        return found;
    }
    const BatchPlan& batch_plan() const { return context.bound(bucket).batch_plan(); }
    void run(std::size_t part) {
        const Stage& range = batch_plan().parts[part];
        context.run(bucket, range.begin, range.end);
    }

    // Whether rows carried over the end of the part lie at the same places.
    static bool lies_alike(const BatchPlan& a, const BatchPlan& b, std::size_t part) {
        const auto place_in = [](const BatchPlan& batch_plan) {
            return [&](const Carry& carry) {
                return batch_plan.buffers[static_cast<std::size_t>(carry.buffer)].offset;
            };
        };
        return std::ranges::equal(a.parts[part].carries, b.parts[part].carries, {}, place_in(a), place_in(b));
    }
    static std::size_t carried_bytes(const BatchPlan& batch_plan, std::size_t part) {
        std::size_t bytes = 0;
        for (const Carry& carry : batch_plan.parts[part].carries)
            bytes += carry.row_bytes * static_cast<std::size_t>(batch_plan.batch);
        return bytes;
    }

    // Whether rows carried over the end of the current stage lie alike in bucket `to`.
    bool can_move(std::size_t part, std::size_t to) const {
        const BatchPlan& target = context.bound(to).batch_plan();
        const auto& from_carries = batch_plan().parts[part].carries;
        const auto& to_carries = target.parts[part].carries;
        if (from_carries.size() != to_carries.size()) return false;
        return std::equal(from_carries.begin(), from_carries.end(), to_carries.begin(),
                          [](const Carry& a, const Carry& b) {
                              return a.row_bytes != 0 && b.row_bytes != 0 && same_rows(a.desc, b.desc);
                          });
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
                    std::memcpy(bytes + k * carry.row_bytes,
                                bytes + static_cast<std::size_t>(kept[k]) * carry.row_bytes, carry.row_bytes);
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
};

StagedExecutor::StagedExecutor(std::shared_ptr<const CompiledModel> model, std::shared_ptr<ComputeTeam> team,
                               std::shared_ptr<StageTimes> times, std::size_t first_stage)
    : impl_(std::make_unique<Impl>(std::move(model), std::move(team), std::move(times), first_stage)) {}
StagedExecutor::~StagedExecutor() = default;
StagedExecutor::StagedExecutor(StagedExecutor&&) noexcept = default;

int StagedExecutor::stages() const { return static_cast<int>(impl_->stages.size()); }
int StagedExecutor::rows() const { return impl_->rows; }
std::size_t StagedExecutor::bucket() const { return impl_->bucket; }
int StagedExecutor::rows_at_once() const { return impl_->context.model().rows_at_once(); }

std::span<float> StagedExecutor::input(int rows) {
    impl_->context.model().check_rows(rows, rows_at_once());
    impl_->bucket = impl_->context.bucket(rows);
    impl_->rows = rows;
    impl_->stage = 0;
    return impl_->context.input(impl_->bucket, rows);
}

void StagedExecutor::advance() {
    const auto start = impl_->times->now();
    impl_->run(impl_->stages[impl_->stage]);
    impl_->times->add(impl_->first_stage + impl_->stage++, impl_->bucket, start, impl_->times->now());
}

std::span<const float> StagedExecutor::run_head(int head) {
    impl_->run(impl_->heads[static_cast<std::size_t>(head)]);
    return impl_->context.output(impl_->bucket, head + 1, impl_->rows);
}

std::span<const float> StagedExecutor::logits() const {
    return impl_->context.output(impl_->bucket, 0, impl_->rows);
}

bool StagedExecutor::keep(std::span<const int> kept) {
    if (kept.empty() || impl_->stage == impl_->stages.size()) return false;
    const std::size_t part = impl_->stages[impl_->stage - 1];
    const std::size_t to = impl_->times->fastest(impl_->first_stage + impl_->stage,
                                                 impl_->context.bucket(static_cast<int>(kept.size())));
    if (to == impl_->bucket || !impl_->can_move(part, to)) return false;
    impl_->move(part, to, kept);
    impl_->bucket = to;
    impl_->rows = static_cast<int>(kept.size());
    return true;
}

}  // namespace dyce
