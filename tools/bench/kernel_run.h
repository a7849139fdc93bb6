// A small graph's own kernels, run over and over to be measured: in the layouts they asked for, without the
// re-orders from and to row-major data that a lone operator would have to pay. One thread at a time.
#pragma once

#include "graph/graph.h"

#include <memory>
#include <string>

namespace dyce {

class KernelRun {
public:
    /// Compiles `graph` for one batch. Throws what CompiledModel::compile throws.
    KernelRun(const Graph& graph, int threads);
    ~KernelRun();

    /// On arbitrary values.
    void run();
    /// "Conv+Relu, brgconv:avx512_core, acdb -> acdb", one for each step, separated by "; ".
    const std::string& implementation() const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace dyce
