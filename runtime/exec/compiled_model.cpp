#include "runtime/exec/compiled_model.h"

#include "graph/passes/passes.h"
#include "runtime/core/threads.h"
#include "runtime/exec/segment_compiler.h"

#include <dyce/error.h>

#include <algorithm>

namespace dyce {
namespace {

void compile_segments(CompiledModel::Data& data) {
    std::vector<std::string> implementations(data.graph.nodes.size());
    const CompileState state{data.graph, data.engine, *data.weights, implementations,
                             data.options.reference_kernels};
    for (int rows = 1;; rows *= 2) {
        data.segments.push_back(compile_segment(state, rows));
        if (!data.graph.batched || rows >= data.options.max_batch) break;
    }
}

}  // namespace

std::size_t CompiledModel::Data::bucket(int rows) const {
    std::size_t bucket = 0;
    while ((1 << bucket) < rows) ++bucket;
    return std::min(bucket, segments.size() - 1);
}

CompiledModel::CompiledModel(std::unique_ptr<const Data> data) : data_(std::move(data)) {}
CompiledModel::~CompiledModel() = default;

std::shared_ptr<const CompiledModel> CompiledModel::compile(const Graph& graph,
                                                            const CompileOptions& options) {
    if (options.max_batch < 1 || options.max_batch > 4096)
        throw Error(ErrorCode::kUsage, "batch",
                    std::to_string(options.max_batch) + " given, expected 1 to 4096");
    if (options.threads < 0 || options.threads > 1024)
        throw Error(ErrorCode::kUsage, "threads",
                    std::to_string(options.threads) + " given, expected 0 to 1024");
    auto data = std::make_unique<Data>();
    data->options = options;
    if (options.threads == 0) data->options.threads = available_threads();
    set_compute_threads(data->options.threads);
    data->graph = graph;
    fuse(data->graph);
    try {
        data->engine = dnnl::engine(dnnl::engine::kind::cpu, 0);
        data->weights = std::make_unique<WeightsStore>(data->engine);
        compile_segments(*data);
    } catch (const dnnl::error& error) {
        const bool memory = error.status == dnnl_out_of_memory;
        throw Error(memory ? ErrorCode::kResource : ErrorCode::kInternal, "compile",
                    std::string("oneDNN: ") + error.what());
    }
    return std::shared_ptr<const CompiledModel>(new CompiledModel(std::move(data)));
}

std::vector<StepReport> CompiledModel::steps(int rows) const {
    std::vector<StepReport> reports;
    for (const Step& step : data_->segments[data_->bucket(rows)].steps)
        reports.push_back({step.description, step.is_reorder});
    return reports;
}

std::size_t CompiledModel::arena_bytes() const {
    std::size_t bytes = 0;
    for (const Segment& segment : data_->segments) bytes = std::max(bytes, segment.arena_bytes);
    return bytes;
}

std::size_t CompiledModel::packed_bytes() const { return data_->weights->bytes(); }

}  // namespace dyce
