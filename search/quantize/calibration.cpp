#include "search/quantize/calibration.h"

#include "graph/exits/gates.h"
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

constexpr ValueId kNowhere = -1;

ValueId find_value(const Graph& graph, const std::string& name) {
    const auto found = std::find_if(graph.values.begin(), graph.values.end(),
                                    [&](const Value& value) { return value.name == name; });
    return found == graph.values.end() ? kNowhere : static_cast<ValueId>(found - graph.values.begin());
}

// The site before a stage that images may skip, and the one behind it.
struct GatedStage {
    ValueId before, behind;
};

std::vector<GatedStage> find_gated(const Graph& fused, const ExitTable& exits) {
    std::vector<GatedStage> stages;
    const auto value_at = [&](int site) { return find_value(fused, exits.sites[index(site)].name); };
    for (const ExitHead& head : exits.heads)
        if (is_gate(head)) stages.push_back({value_at(head.site), value_at(head.skips)});
    std::erase_if(
        stages, [](const GatedStage& stage) { return stage.before == kNowhere || stage.behind == kNowhere; });
    return stages;
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

    // What lies behind a gated stage is held as what lies before it, whoever reads it.
    void want_behind(const std::vector<GatedStage>& stages) {
        for (const GatedStage& stage : stages)
            if (const NodeId maker = producers_[index(stage.behind)];
                maker >= 0 && graph_.nodes[index(maker)].spec->name == "Conv")
                want(stage.behind);
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

// Numbers that integers are to stand for.
struct Range {
    float reach = 0;
    bool has_negative = false;

    Quantization quantization() const {
        if (reach == 0) return {1, has_negative};
        const float scale = reach / (has_negative ? 127 : 255);
        return {std::clamp(scale, Quantization::kLeastScale, Quantization::kMostScale), has_negative};
    }
};

struct Group {
    std::vector<std::string> names;
    Magnitudes magnitudes;

    Range range(double share) const { return {magnitudes.reach(share), magnitudes.has_negative()}; }
    bool has(const std::string& name) const { return std::ranges::count(names, name) > 0; }
};

// Of two groups both get what the wider one needs.
void join(Range& one, Range& other) {
    one = {std::max(one.reach, other.reach), one.has_negative || other.has_negative};
    other = one;
}

}  // namespace

struct Calibration::Impl {
    double share;
    Preprocess recipe;
    std::vector<Group> groups;
    std::vector<std::pair<std::size_t, std::size_t>> gated;  // groups before and behind a stage
    std::vector<std::size_t> group_of_output;
    std::shared_ptr<const CompiledModel> compiled;
    std::size_t observed_bytes = 0;
    IdlePool<Executor> executors;

    Impl(const Member& member, const CalibrationOptions& options)
        : share(options.share), recipe(member.preprocess) {
        Graph observed = backbone_of(member.graph);
        observed.outputs.clear();
        const Graph fused = fuse_whole(backbone_of(member.graph)).graph;
        const std::vector<GatedStage> stages = find_gated(fused, member.exits);
        Finder finder(fused);
        finder.want_behind(stages);
        for (auto& [id, names] : finder.run()) {
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
        for (const GatedStage& stage : stages) {
            const auto before = group_with(fused.value(stage.before).name);
            const auto behind = group_with(fused.value(stage.behind).name);
            if (before != groups.size() && behind != groups.size()) gated.push_back({before, behind});
        }
    }

    std::size_t group_with(const std::string& name) const {
        const auto found = std::ranges::find_if(groups, [&](const Group& group) { return group.has(name); });
        return static_cast<std::size_t>(found - groups.begin());
    }

    // By group. Values before and behind a gated stage have one, so that images that skip it have nothing to do.
    std::vector<Range> ranges() const {
        std::vector<Range> result;
        for (const Group& group : groups) result.push_back(group.range(share));
        for (std::size_t round = 0; round < gated.size(); ++round)  // from one stage to the next
            for (const auto& [before, behind] : gated) join(result[before], result[behind]);
        return result;
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
    const std::vector<Range> ranges = impl_->ranges();
    for (std::size_t g = 0; g < ranges.size(); ++g)
        for (const std::string& name : impl_->groups[g].names) measured[name] = ranges[g].quantization();
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
