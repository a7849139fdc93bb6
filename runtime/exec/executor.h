// Runs a compiled model. One Executor serves one thread at a time; many may share one CompiledModel.
#pragma once

#include "graph/exits/exits.h"
#include "runtime/core/file_mapping.h"
#include "runtime/core/precision.h"
#include "runtime/core/tune_goal.h"

#include <memory>
#include <span>
#include <string>
#include <vector>

namespace dyce {

struct InterleavedGraph;

struct CompileOptions {
    int max_batch = 1;  ///< images per run at most
    int threads = 0;    ///< compute threads; 0 = all this process may use
    Precision precision = Precision::kFloat32;
    TuneGoal goal = TuneGoal::kLatency;  ///< what kernels are chosen for, whatever max_batch is
    bool reference_kernels = false;      ///< the operators' plain loops instead of oneDNN
    bool saves_memory = false;           ///< no kernels whose weights take more memory than others'
    bool is_trial = false;               ///< only what it would take is of interest: it cannot run
    /// The file that constants are views of, or null: pages of those that steps were made from are given
    /// back.
    std::shared_ptr<const FileMapping> mapping = nullptr;
};

/// One step of a compiled model, human-readable.
struct StepReport {
    std::string description;
    bool is_reorder;
};

/// Immutable: steps per batch size, weights packed once. Share it freely between threads.
class CompiledModel {
public:
    /// Fuses a copy of `graph` and compiles it for all its outputs. Throws Error{kUsage} on bad options,
    /// Error{kContent} when the graph cannot run, Error{kResource} when the activation plan is over its
    /// limit.
    static std::shared_ptr<const CompiledModel> compile(const Graph& graph,
                                                        const CompileOptions& options = {});
    /// The same for the classifier and the heads of `exits`, each of which may run or not.
    static std::shared_ptr<const CompiledModel> compile(const Graph& graph, const ExitTable& exits,
                                                        const CompileOptions& options = {});
    ~CompiledModel();

    /// Images that go through the network together, so that what lies between two layers stays in the
    /// caches; of a bigger batch one such part after another.
    int rows_at_once() const;
    /// The steps that run for `rows` images, at most rows_at_once().
    std::vector<StepReport> steps(int rows = 1) const;
    /// 32 hexadecimal digits over the steps: implementations and layouts, which are the same for any number
    /// of rows. Equal plans on one kind of processor give equal answers.
    std::string plan_digest() const;
    /// Bytes of activations and scratch memory an Executor holds.
    std::size_t arena_bytes() const;
    /// Bytes of weights re-ordered for the primitives, beyond the model's own.
    std::size_t packed_bytes() const;

    struct Data;
    const Data& data() const { return *data_; }

private:
    explicit CompiledModel(std::unique_ptr<const Data> data);
    static std::shared_ptr<const CompiledModel> compile(InterleavedGraph network,
                                                        const CompileOptions& options);
    std::unique_ptr<const Data> data_;
};

class Executor {
public:
    explicit Executor(std::shared_ptr<const CompiledModel> model);
    ~Executor();
    Executor(Executor&&) noexcept;

    /// Classifier models (one float32 input): where the caller writes `rows` preprocessed images,
    /// row-major. 1 <= rows <= max_batch.
    std::span<float> input(int rows);
    /// Computes the rows just written through input(), whose memory then serves other things. Gives the
    /// first output, row-major, valid until the next call. Allocates nothing, but the first time that a batch
    /// goes in parts.
    std::span<const float> run(int rows);

    /// Any model: all outputs for all inputs (order of the graph). Inputs have the types of the graph, the
    /// first dimension being the batch when the graph is batched. Throws Error{kUsage} when they do not fit.
    std::vector<Tensor> run(const std::vector<Tensor>& inputs);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace dyce
