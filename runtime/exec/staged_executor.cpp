#include "runtime/exec/staged_executor.h"

#include "runtime/exec/context.h"

#include <algorithm>
#include <cstring>

namespace dyce {

struct StagedExecutor::Impl {
    ExecutionContext context;
    std::vector<std::size_t> stages;  ///< index in Segment::parts of each stretch of the backbone
    std::vector<std::size_t> heads;   ///< the same of each head
    std::vector<std::byte> staging;   ///< for a move of several values at once

    std::size_t bucket = 0;
    int rows = 0;
    std::size_t stage = 0;  ///< the next one

    explicit Impl(std::shared_ptr<const CompiledModel> compiled) : context(std::move(compiled)) {
        const auto& parts = context.bound(0).segment().parts;
        for (std::size_t p = 0; p < parts.size(); ++p) (parts[p].head < 0 ? stages : heads).push_back(p);
        std::size_t most = 0;
        for (const Segment& segment : context.model().segments)
            for (const StepRange& part : segment.parts)
                if (part.carries.size() > 1) most = std::max(most, carried_bytes(segment, part));
        staging.resize(most);
    }

    const Segment& segment() const { return context.bound(bucket).segment(); }
    void run(std::size_t part) {
        const StepRange& range = segment().parts[part];
        context.run(bucket, range.begin, range.end);
    }

    static std::size_t carried_bytes(const Segment& segment, const StepRange& part) {
        std::size_t bytes = 0;
        for (const Carry& carry : part.carries)
            bytes += carry.row_bytes * static_cast<std::size_t>(segment.batch);
        return bytes;
    }

    // Whether rows carried over the end of the current stage lie alike in bucket `to`.
    bool can_move(std::size_t part, std::size_t to) const {
        const Segment& target = context.bound(to).segment();
        const auto& from_carries = segment().parts[part].carries;
        const auto& to_carries = target.parts[part].carries;
        if (from_carries.size() != to_carries.size()) return false;
        return std::equal(from_carries.begin(), from_carries.end(), to_carries.begin(),
                          [](const Carry& a, const Carry& b) {
                              return a.row_bytes != 0 && b.row_bytes != 0 && same_rows(a.desc, b.desc);
                          });
    }

    // The kept rows close up where they lie, then go to where bucket `to` expects them. Places of different
    // values may overlap: several go through the staging memory.
    void move(std::size_t part, std::size_t to, std::span<const int> kept) {
        const BoundSegment& source = context.bound(bucket);
        const BoundSegment& target = context.bound(to);
        const auto& from_carries = source.segment().parts[part].carries;
        const auto& to_carries = target.segment().parts[part].carries;
        std::byte* staged = staging.data();
        for (std::size_t i = 0; i < from_carries.size(); ++i) {
            const std::size_t row = from_carries[i].row_bytes;
            std::byte* bytes = source.bytes(from_carries[i].buffer);
            for (std::size_t k = 0; k < kept.size(); ++k)
                if (kept[k] != static_cast<int>(k))
                    std::memcpy(bytes + k * row, bytes + static_cast<std::size_t>(kept[k]) * row, row);
            if (from_carries.size() > 1) {
                std::memcpy(staged, bytes, kept.size() * row);
                staged += kept.size() * row;
            } else {
                std::memmove(target.bytes(to_carries[i].buffer), bytes, kept.size() * row);
            }
        }
        if (from_carries.size() < 2) return;
        staged = staging.data();
        for (const Carry& carry : to_carries) {
            std::memcpy(target.bytes(carry.buffer), staged, kept.size() * carry.row_bytes);
            staged += kept.size() * carry.row_bytes;
        }
    }
};

StagedExecutor::StagedExecutor(std::shared_ptr<const CompiledModel> model)
    : impl_(std::make_unique<Impl>(std::move(model))) {}
StagedExecutor::~StagedExecutor() = default;
StagedExecutor::StagedExecutor(StagedExecutor&&) noexcept = default;

int StagedExecutor::stages() const { return static_cast<int>(impl_->stages.size()); }
int StagedExecutor::rows() const { return impl_->rows; }
int StagedExecutor::rows_at_once() const { return impl_->context.model().rows_at_once(); }

std::span<float> StagedExecutor::input(int rows) {
    impl_->context.model().check_rows(rows, rows_at_once());
    impl_->bucket = impl_->context.bucket(rows);
    impl_->rows = rows;
    impl_->stage = 0;
    return impl_->context.input(impl_->bucket, rows);
}

void StagedExecutor::advance() { impl_->run(impl_->stages[impl_->stage++]); }

std::span<const float> StagedExecutor::run_head(int head) {
    impl_->run(impl_->heads[static_cast<std::size_t>(head)]);
    return impl_->context.output(impl_->bucket, head + 1, impl_->rows);
}

std::span<const float> StagedExecutor::logits() const {
    return impl_->context.output(impl_->bucket, 0, impl_->rows);
}

bool StagedExecutor::keep(std::span<const int> kept) {
    if (kept.empty()) return false;
    const std::size_t part = impl_->stages[impl_->stage - 1];
    const std::size_t to = impl_->context.bucket(static_cast<int>(kept.size()));
    if (to >= impl_->bucket || !impl_->can_move(part, to)) return false;
    impl_->move(part, to, kept);
    impl_->bucket = to;
    impl_->rows = static_cast<int>(kept.size());
    return true;
}

}  // namespace dyce
