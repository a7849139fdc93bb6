// Stands for a member that no configuration in force runs, and that takes no memory. Stateless.
#pragma once

#include "runtime/flow/stage_runner.h"

#include <dyce/error.h>

namespace dyce {

/// Names its classifier as its only point; all that would run throws Error{kInternal}.
class AbsentStageRunner final : public StageRunner {
public:
    std::span<const StagePoint> points() const override { return points_; }
    int rows_at_once() const override { return 1; }
    std::size_t buckets() const override { return 1; }
    std::size_t bucket_of(int) const override { return 0; }
    std::size_t bucket() const override { return 0; }

    std::span<float> begin(int) override { fail(); }
    void advance() override { fail(); }
    void exchange(std::span<const RowSwap>) override { fail(); }
    void advance_first(int, std::size_t) override { fail(); }
    std::span<const float> run_head(int) override { fail(); }
    bool keep(std::span<const int>, std::size_t) override { fail(); }
    void export_rows(std::span<const int>, std::span<const ValueRows>) override { fail(); }
    void import_rows(std::size_t, int, std::span<const ValueRows>) override { fail(); }

private:
    [[noreturn]] static void fail() {
        throw Error(ErrorCode::kInternal, "absent member", "was to run, but was not compiled");
    }

    std::vector<StagePoint> points_ = {StagePoint{}};
};

}  // namespace dyce
