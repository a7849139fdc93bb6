// A training plan bound to memory: runs forward and backward without allocating. All trained numbers lie in
// one block, all gradients in another of the same places, so that an optimiser is one loop. One thread at a
// time.
#pragma once

#include "runtime/exec/context.h"
#include "search/train/backward/training_plan.h"

#include <memory>
#include <span>
#include <vector>

namespace dyce {

class NetworkRun {
public:
    /// Compiles `graph` (see compile_training()) and takes its constants to begin with.
    NetworkRun(const Graph& graph, std::int64_t batch, const TrainingPlanOptions& options = {});

    /// Inputs, row-major; to be filled before forward(), which changes statistics too.
    std::span<float> input(int i) { return floats(plan_.batch_plan.inputs[index(i)]); }
    void forward();
    int outputs() const { return static_cast<int>(plan_.output_gradients.size()); }
    /// Logits of the graph's outputs after forward(), row-major.
    std::span<const float> output(int i) { return floats(plan_.batch_plan.outputs[index(i)]); }
    /// The gradient of each output; to be filled between forward() and backward().
    std::span<float> output_gradient(int i) { return floats(plan_.output_gradients[index(i)]); }
    /// After forward(): fills gradients().
    void backward();
    std::span<const float> input_gradient(int i) { return floats(plan_.input_gradients[index(i)]); }

    /// What training changes, as the primitives lay it out: weights, which may decay, then other parameters,
    /// then statistics, which have no gradient.
    std::span<float> numbers() { return {numbers_, sizes_.all}; }
    std::span<const float> numbers() const { return {numbers_, sizes_.all}; }
    std::span<float> gradients() { return {gradients_, sizes_.parameters}; }
    std::size_t weights() const { return sizes_.weights; }        ///< how many of the numbers are weights
    std::size_t parameters() const { return sizes_.parameters; }  ///< and how many are parameters

    /// Numbers laid out as numbers() are, or their front, taken into row-major order, constant after constant
    /// as the graph has them: the same on every machine.
    std::vector<float> row_major(std::span<const float> laid_out) const;
    /// The other way round.
    void lay_out(std::span<const float> row_major, std::span<float> to) const;
    /// What the constants of `graph`, the one this was made of with other numbers, are when laid out so.
    std::vector<float> laid_out(const Graph& graph) const;
    /// The graph's constants from such numbers.
    void write_constants(std::span<const float> laid_out, Graph& graph) const;

private:
    struct Sizes {
        std::size_t weights = 0, parameters = 0, all = 0;  // floats
    };
    static std::size_t index(int i) { return static_cast<std::size_t>(i); }
    void place_constants();
    std::span<float> floats(int buffer);

    dnnl::engine engine_;
    dnnl::stream stream_;
    TrainingPlan plan_;
    std::vector<std::size_t> places_;  // per constant, in numbers()
    Sizes sizes_;
    std::shared_ptr<std::byte> arena_, state_;
    float* numbers_ = nullptr;
    float* gradients_ = nullptr;
    std::optional<BoundPlan> bound_;
};

}  // namespace dyce
