// What CompiledModel::compile makes: one batch plan per batch size over shared weights. Immutable.
#pragma once

#include "graph/exits/interleave.h"
#include "runtime/exec/batch_plan.h"
#include "runtime/exec/executor.h"
#include "runtime/exec/weights_store.h"

namespace dyce {

struct CompiledModel::Data {
    CompileOptions options;
    InterleavedGraph network;  ///< fused; keeps the constants alive
    dnnl::engine engine;
    std::unique_ptr<WeightsStore> weights;
    /// Rising batch sizes, as far as activations stay in the caches and kernels compute an image alike; a
    /// single one when the graph is not batched.
    std::vector<BatchPlan> batch_plans;

    /// Rows of the biggest batch plan, at most max_batch.
    int rows_at_once() const;
    /// The smallest batch plan that takes `rows`, at most rows_at_once().
    std::size_t bucket(int rows) const;
    /// Throws Error{kUsage} unless 1 <= rows <= max_batch.
    void check_rows(int rows) const { check_rows(rows, options.max_batch); }
    static void check_rows(int rows, int most);
};

}  // namespace dyce
