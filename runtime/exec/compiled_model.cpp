#include "runtime/exec/compiled_model.h"

#include "ops/lowering/winograd.h"
#include "runtime/core/digest.h"
#include "runtime/core/onednn/compat.h"
#include "runtime/core/onednn/compute_scope.h"
#include "runtime/core/threads.h"
#include "runtime/exec/arena.h"
#include "runtime/exec/batch_plan_compiler.h"

#include <dyce/error.h>

#include <algorithm>

namespace dyce {
namespace {

// What one core may count on of the caches for activations. Beyond it an image of a bigger batch takes
// longer than one of a smaller: SqueezeNet and MobileNetV2 1.4 times at 16 images (60 to 100 MB). What the
// system tells of its caches is often wrong on virtual machines.
constexpr std::size_t kCacheBytes = std::size_t{12} << 20;

// Powers of two; where exits thin a batch out, steps of an eighth, so that little of a batch is empty. At
// least as far as the batches that kernels are chosen for.
std::vector<int> batch_sizes(const CompiledModel::Data& data, int planned_rows) {
    if (!data.network.graph.batched) return {1};
    const bool has_exits = data.network.parts.size() > 1;
    const int most = std::max(data.options.max_batch, planned_rows);
    std::vector<int> sizes;
    int rows = 1;
    for (; rows < most; rows += has_exits ? std::max(1, rows / 8) : rows) sizes.push_back(rows);
    sizes.push_back(has_exits ? most : rows);
    return sizes;
}

// Whether there are layers that go by Winograd's algorithm: it takes channels in blocks.
bool prefers_blocks(const Graph& graph, const CompileOptions& options, int rows) {
    const auto types = infer_types(graph, 1);
    return options.precision == Precision::kFloat32 && !options.saves_memory &&
           std::any_of(graph.nodes.begin(), graph.nodes.end(), [&](const Node& node) {
               const auto inputs = own_input_types(node, types);
               return ops::suits_winograd(*node.spec, call_of(node, inputs), rows);
           });
}

// The first size compiled chooses the kernels for all: the biggest of those planned for that stays in the
// caches.
void compile_batch_plans(CompiledModel::Data& data) {
    const int planned_rows = rows_of(data.options.goal);
    std::vector<std::string> implementations;
    const CompileState state{data.network.graph,
                             data.network.parts,
                             data.engine,
                             *data.weights,
                             implementations,
                             data.options.precision,
                             planned_rows,
                             prefers_blocks(data.network.graph, data.options, planned_rows),
                             data.options.reference_kernels,
                             data.options.saves_memory,
                             data.options.mapping.get()};
    const std::vector<int> sizes = batch_sizes(data, planned_rows);
    // Each part of a batch reads all weights again: there is nothing to win while those are more.
    const auto stays_cached = [&](const BatchPlan& batch_plan) {
        return batch_plan.arena_bytes <= std::max(kCacheBytes, data.weights->bytes());
    };
    auto first = std::ranges::upper_bound(sizes, planned_rows) - 1;
    const auto compile_first = [&] {
        implementations.assign(data.network.graph.nodes.size(), "");
        return compile_batch_plan(state, *first);
    };
    auto batch_plan = compile_first();
    for (; first != sizes.begin() && !stays_cached(*batch_plan); batch_plan = compile_first()) --first;
    data.batch_plans.push_back(std::move(*batch_plan));
    for (auto size = first + 1; size != sizes.end(); ++size) {
        batch_plan = compile_batch_plan(state, *size);
        if (!batch_plan || !stays_cached(*batch_plan)) break;
        data.batch_plans.push_back(std::move(*batch_plan));
    }
    while (first != sizes.begin())  // few images go with empty rows where no kernel computes them alike
        if ((batch_plan = compile_batch_plan(state, *--first)))
            data.batch_plans.insert(data.batch_plans.begin(), std::move(*batch_plan));
    while (data.batch_plans.size() > 1 &&
           data.batch_plans[data.batch_plans.size() - 2].batch >= data.options.max_batch)
        data.batch_plans.pop_back();
    share_places(data.batch_plans, kMostArenaBytes);
}

void check_int8(const Graph& graph) {
    if (!onednn::has_int8_products())
        throw Error(ErrorCode::kUsage, "precision",
                    "int8 given, but this processor has no AVX-512 VNNI instructions; expected f32");
    if (std::none_of(graph.values.begin(), graph.values.end(),
                     [](const Value& value) { return value.quantization.has_value(); }))
        throw Error(ErrorCode::kUsage, "precision",
                    "int8 given, but the model holds no scales for it; make one that does by: dyce quantize");
}

}  // namespace

int CompiledModel::Data::rows_at_once() const {
    return std::min(options.max_batch, static_cast<int>(batch_plans.back().batch));
}

std::size_t CompiledModel::Data::bucket(int rows) const {
    std::size_t bucket = 0;
    while (bucket + 1 < batch_plans.size() && batch_plans[bucket].batch < rows) ++bucket;
    return bucket;
}

void CompiledModel::Data::check_rows(int rows, int most) {
    if (rows < 1 || rows > most)
        throw Error(ErrorCode::kUsage, "rows",
                    std::to_string(rows) + " given, expected 1 to " + std::to_string(most));
}

CompiledModel::CompiledModel(std::unique_ptr<const Data> data) : data_(std::move(data)) {}
CompiledModel::~CompiledModel() = default;

std::shared_ptr<const CompiledModel> CompiledModel::compile(const Graph& graph,
                                                            const CompileOptions& options) {
    return compile(fuse_whole(graph), options);
}

std::shared_ptr<const CompiledModel> CompiledModel::compile(const Graph& graph, const ExitTable& exits,
                                                            const CompileOptions& options) {
    return compile(interleave(graph, exits), options);
}

std::shared_ptr<const CompiledModel> CompiledModel::compile(InterleavedGraph network,
                                                            const CompileOptions& options) {
    if (options.max_batch < 1 || options.max_batch > 4096)
        throw Error(ErrorCode::kUsage, "batch",
                    std::to_string(options.max_batch) + " given, expected 1 to 4096");
    if (options.threads < 0 || options.threads > 1024)
        throw Error(ErrorCode::kUsage, "threads",
                    std::to_string(options.threads) + " given, expected 0 to 1024");
    onednn::check_processor(options.precision);
    if (options.precision == Precision::kInt8) check_int8(network.graph);
    auto data = std::make_unique<Data>();
    data->options = options;
    if (options.threads == 0) data->options.threads = available_threads();
    const CompileScope scope(data->options.threads);
    data->network = std::move(network);
    try {
        data->engine = dnnl::engine(dnnl::engine::kind::cpu, 0);
        data->weights = std::make_unique<WeightsStore>(data->engine, options.is_trial);
        compile_batch_plans(*data);
    } catch (const dnnl::error& error) {
        const bool memory = error.status == dnnl_out_of_memory;
        throw Error(memory ? ErrorCode::kResource : ErrorCode::kInternal, "compile",
                    std::string("oneDNN: ") + error.what());
    }
    return std::shared_ptr<const CompiledModel>(new CompiledModel(std::move(data)));
}

int CompiledModel::rows_at_once() const { return data_->rows_at_once(); }

std::vector<StepReport> CompiledModel::steps(int rows) const {
    std::vector<StepReport> reports;
    for (const Step& step : data_->batch_plans[data_->bucket(rows)].steps)
        reports.push_back({step.description, step.is_reorder});
    return reports;
}

std::string CompiledModel::plan_digest() const {
    Digest digest;
    digest.add(onednn::version());
    for (const Step& step : data_->batch_plans[0].steps) digest.add(step.description);
    return digest.hex();
}

std::size_t CompiledModel::arena_bytes() const {
    std::size_t bytes = 0;
    for (const BatchPlan& batch_plan : data_->batch_plans) bytes = std::max(bytes, batch_plan.arena_bytes);
    return bytes;
}

std::size_t CompiledModel::packed_bytes() const { return data_->weights->bytes(); }

}  // namespace dyce
