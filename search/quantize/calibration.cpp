#include "search/quantize/calibration.h"

#include "graph/exits/interleave.h"
#include "graph/passes/passes.h"
#include "runtime/core/idle_pool.h"
#include "runtime/core/index.h"
#include "runtime/exec/executor.h"
#include "search/quantize/magnitudes.h"

#include <dyce/error.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <string>
#include <vector>

namespace dyce {
namespace {

Graph backbone_of(const Graph& graph) {
    Graph backbone = graph;
    backbone.outputs.resize(1);
    remove_dead_code(backbone);
    return backbone;
}

// The values to measure, by name, and which of them share a scale. They are those of the fused backbone: what
// a convolution hands to its own post-ops never leaves it.
class Finder {
public:
    explicit Finder(const Graph& graph)
        : graph_(graph),
          types_(infer_types(graph)),
          producers_(find_producers(graph)),
          wanted_(graph.values.size(), false),
          group_(graph.values.size()) {
        std::iota(group_.begin(), group_.end(), 0);
    }

    // Names of values, by group. Whoever reads a value comes after it, so backwards all readers are known.
    std::map<int, std::vector<std::string>> run() {
        for (auto node = graph_.nodes.rbegin(); node != graph_.nodes.rend(); ++node) visit(*node);
        std::map<int, std::vector<std::string>> groups;
        for (std::size_t v = 0; v < wanted_.size(); ++v)
            if (wanted_[v]) groups[group_of(static_cast<ValueId>(v))].push_back(graph_.values[v].name);
        return groups;
    }

private:
    void visit(const Node& node) {
        const bool gives_integers = wanted_[index(node.outputs[0])];
        if (node.spec->name == "Conv") {
            want(node.inputs[0]);
            if (!gives_integers) return;
            for (const PostOp& op : node.post_ops)
                if (op.spec->binary == BinaryKind::kAdd &&
                    type(node.inputs[index(op.operand)]) == type(node.outputs[0]))
                    want(node.inputs[index(op.operand)]);
        } else if (gives_integers && (node.spec->name == "MaxPool" || node.spec->name == "Concat")) {
            for (ValueId id : node.inputs)
                if (want(id)) group_[index(group_of(id))] = group_of(node.outputs[0]);
        }
    }

    // Whether the value has a place for a scale in a file: inputs have, and what a node of one output makes.
    bool want(ValueId id) {
        const NodeId producer = producers_[index(id)];
        const bool has_place =
            producer < 0 ? !graph_.value(id).constant : graph_.nodes[index(producer)].outputs.size() == 1;
        wanted_[index(id)] = has_place;
        return has_place;
    }

    int group_of(ValueId id) const {
        while (group_[index(id)] != id) id = group_[index(id)];
        return id;
    }

    const TensorType& type(ValueId id) const { return types_[index(id)]; }

    const Graph& graph_;
    const std::vector<TensorType> types_;
    const std::vector<NodeId> producers_;
    std::vector<bool> wanted_;  // by value
    std::vector<int> group_;    // by value: another one of its group, or itself
};

ValueId find_value(const Graph& graph, const std::string& name) {
    const auto found = std::find_if(graph.values.begin(), graph.values.end(),
                                    [&](const Value& value) { return value.name == name; });
    return static_cast<ValueId>(found - graph.values.begin());
}

struct Group {
    std::vector<std::string> names;
    Magnitudes magnitudes;

    Quantization quantization(double share) const {
        const bool is_signed = magnitudes.has_negative();
        const float reach = magnitudes.reach(share);
        if (reach == 0) return {1, is_signed};
        const float scale = reach / (is_signed ? 127 : 255);
        return {std::clamp(scale, Quantization::kLeastScale, Quantization::kMostScale), is_signed};
    }
};

}  // namespace

struct Calibration::Impl {
    double share;
    Preprocess recipe;
    std::vector<Group> groups;
    std::vector<std::size_t> group_of_output;
    std::shared_ptr<const CompiledModel> compiled;
    std::size_t observed_bytes = 0;
    IdlePool<Executor> executors;

    Impl(const Member& member, const CalibrationOptions& options)
        : share(options.share), recipe(member.preprocess) {
        Graph observed = backbone_of(member.graph);
        observed.outputs.clear();
        const Graph fused = fuse_whole(backbone_of(member.graph)).graph;
        for (auto& [id, names] : Finder(fused).run()) {
            for (const std::string& name : names) {
                observed.outputs.push_back(find_value(observed, name));
                group_of_output.push_back(groups.size());
            }
            groups.push_back({std::move(names), {}});
        }
        if (groups.empty())
            throw Error(ErrorCode::kContent, member.architecture,
                        "has no convolution behind another layer: nothing to compute in int8");
        remove_dead_code(observed);
        const auto types = infer_types(observed);
        for (const ValueId output : observed.outputs)
            observed_bytes += static_cast<std::size_t>(types[index(output)].shape.elements()) * sizeof(float);
        compiled = CompiledModel::compile(observed, {.threads = 1});
    }
};

Calibration::Calibration(const Member& member, const CalibrationOptions& options)
    : impl_(std::make_unique<Impl>(member, options)) {}
Calibration::~Calibration() = default;
Calibration::Calibration(Calibration&&) noexcept = default;

std::vector<Tensor> Calibration::observe(const Image& image) const {
    Tensor input(DataType::kFloat32, {1, impl_->recipe.channels, impl_->recipe.height, impl_->recipe.width});
    apply(impl_->recipe, image, input.mutable_data<float>());
    auto executor = impl_->executors.take([this] { return std::make_unique<Executor>(impl_->compiled); });
    auto observed = executor->run({input});
    impl_->executors.give_back(std::move(executor));
    return observed;
}

void Calibration::add(const std::vector<Tensor>& observed) {
    for (std::size_t i = 0; i < observed.size(); ++i)
        impl_->groups[impl_->group_of_output[i]].magnitudes.add(
            {observed[i].data<float>(), static_cast<std::size_t>(observed[i].elements())});
}

std::size_t Calibration::arena_bytes() const { return impl_->compiled->arena_bytes(); }
std::size_t Calibration::observed_bytes() const { return impl_->observed_bytes; }

std::size_t Calibration::values() const { return impl_->group_of_output.size(); }

bool Calibration::store(Graph& graph) const {
    std::map<std::string, Quantization> measured;
    for (const Group& group : impl_->groups)
        for (const std::string& name : group.names) measured[name] = group.quantization(impl_->share);
    bool changed = false;
    for (Value& value : graph.values) {
        const auto found = measured.find(value.name);
        const auto quantization =
            found == measured.end() ? std::nullopt : std::optional<Quantization>(found->second);
        changed = changed || value.quantization != quantization;
        value.quantization = quantization;
    }
    return changed;
}

}  // namespace dyce
