#include "search/train/backward/training_plan.h"

#include "runtime/exec/arena.h"
#include "search/train/backward/backward_pass.h"

#include <dyce/error.h>

namespace dyce {
namespace {

constexpr std::size_t kMaxArenaBytes = std::size_t{64} << 30;

// Relu behind a node that takes it becomes its post-op, unless others read the node too.
Graph join_relus(Graph graph) {
    const std::vector<int> uses = count_uses(graph);
    const std::vector<NodeId> producers = find_producers(graph);
    std::vector<bool> joined(graph.nodes.size());
    for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
        const Node& relu = graph.nodes[n];
        if (relu.spec->name != "Relu" || !relu.spec->domain.empty()) continue;
        const ValueId input = relu.inputs[0];
        const NodeId producer = producers[static_cast<std::size_t>(input)];
        if (producer < 0 || uses[static_cast<std::size_t>(input)] != 1) continue;
        Node& node = graph.nodes[static_cast<std::size_t>(producer)];
        const BackwardPass* backward_pass = find_backward_pass(*node.spec);
        if (backward_pass == nullptr || !backward_pass->takes_relu) continue;
        node.post_ops.push_back({relu.spec, {}, -1});
        node.outputs = relu.outputs;
        joined[n] = true;
    }
    std::vector<Node> left;
    for (std::size_t n = 0; n < graph.nodes.size(); ++n)
        if (!joined[n]) left.push_back(std::move(graph.nodes[n]));
    graph.nodes = std::move(left);
    return graph;
}

Backward differentiate(const Node& node, const std::vector<TensorType>& types, Tape& tape) {
    const auto inputs = own_input_types(node, types);
    const OpCall call = call_of(node, inputs);
    const BackwardPass* backward_pass = find_backward_pass(*node.spec);
    if (backward_pass == nullptr) call.fail(std::string(node.spec->name) + " cannot be trained");
    return backward_pass->differentiate(call, tape);
}

}  // namespace

TrainingPlan compile_training(const Graph& original, std::int64_t batch, const dnnl::engine& engine,
                              const TrainingPlanOptions& options) {
    onednn::check_processor(options.precision);
    const Graph graph = join_relus(original);
    const std::vector<TensorType> types = infer_types(graph, batch);
    Tape tape(graph, batch, engine, options.precision);
    BatchPlan& batch_plan = tape.batch_plan();
    for (const GraphInput& input : graph.inputs)
        batch_plan.inputs.push_back(tape.begin_input(input, options.towards_inputs).id);

    std::vector<Backward> backward;
    for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
        tape.begin_node(static_cast<NodeId>(n));
        backward.push_back(differentiate(graph.nodes[n], types, tape));
        tape.end_node();
    }
    TrainingPlan plan;
    for (const ValueId output : graph.outputs) {
        batch_plan.outputs.push_back(tape.plain_value(output).id);
        batch_plan.output_types.push_back(types[static_cast<std::size_t>(output)]);
    }
    batch_plan.parts.push_back({-1, 0, batch_plan.steps.size(), {}});

    for (const ValueId output : graph.outputs)
        plan.output_gradients.push_back(tape.output_gradient(output).id);
    for (std::size_t n = graph.nodes.size(); n-- > 0;) {
        if (!tape.has_gradient(static_cast<NodeId>(n))) continue;
        tape.begin_node(static_cast<NodeId>(n));
        backward[n]();
    }
    if (options.towards_inputs)
        for (const GraphInput& input : graph.inputs)
            plan.input_gradients.push_back(tape.input_gradient(input.value).id);
    const std::size_t turn = batch_plan.parts[0].end;
    batch_plan.parts.push_back({-1, turn, batch_plan.steps.size(), {}});

    std::vector<CallerUse>& uses = batch_plan.uses;
    uses.clear();  // of the way forward alone
    for (const int buffer : batch_plan.inputs) uses.push_back({buffer, 0});
    for (const int buffer : batch_plan.outputs) uses.push_back({buffer, static_cast<int>(turn)});
    for (const int buffer : plan.output_gradients) uses.push_back({buffer, static_cast<int>(turn) - 1});
    for (const int buffer : plan.input_gradients)
        uses.push_back({buffer, static_cast<int>(batch_plan.steps.size())});
    plan_arena(batch_plan, kMaxArenaBytes);
    plan.constants = tape.take_trained();
    plan.batch_plan = std::move(batch_plan);
    return plan;
}

}  // namespace dyce
