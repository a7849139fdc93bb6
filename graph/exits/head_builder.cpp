#include "graph/exits/head_builder.h"

#include "graph/passes/passes.h"

#include <dyce/error.h>

#include <algorithm>

namespace dyce {
namespace {

[[noreturn]] void fail(const std::string& head, const std::string& message) {
    throw Error(ErrorCode::kUsage, head, message);
}

Shape site_shape(const Graph& graph, const Site& site) {
    return infer_types(graph)[static_cast<std::size_t>(site.value)].shape;
}

std::string misfit(const Shape& shape, const Site& site, const HeadType& type) {
    if (type.class_token)
        return site.tokens.prefix > 0 ? ""
                                      : "no class token stands before others there, " + shape.to_string();
    const SiteMap map = map_of(shape, site.layout, site.tokens);
    if (!type.family.is_alone() && site.layout == SiteLayout::kVector)
        return "heads of this type have maps in common, and a vector is none, " + shape.to_string();
    if (type.grid == 1 || (map.is_grid && type.grid <= map.height && type.grid <= map.width)) return "";
    if (!map.is_grid)
        return std::to_string(map.height) + " tokens do not fill a square, so that they have no grid";
    if (site.layout == SiteLayout::kVector)
        return "a grid was asked for, but a vector has one position, " + shape.to_string();
    return "the grid is larger than the feature map, " + shape.to_string();
}

void check_layers(const std::string& head, const std::vector<HeadLayer>& layers,
                  const std::vector<std::int64_t>& widths) {
    if (layers.size() + 1 != widths.size())
        fail(head,
             std::to_string(layers.size()) + " layers given, expected " + std::to_string(widths.size() - 1));
    for (std::size_t k = 0; k < layers.size(); ++k) {
        const TensorType weight{DataType::kFloat32, {widths[k + 1], widths[k]}};
        const TensorType bias{DataType::kFloat32, {widths[k + 1]}};
        if (layers[k].weight.type() != weight || layers[k].bias.type() != bias)
            fail(head, "layer " + std::to_string(k) + " is " + layers[k].weight.shape().to_string() +
                           " and " + layers[k].bias.shape().to_string() + ", expected float32 " +
                           weight.shape.to_string() + " and " + bias.shape.to_string());
    }
}

// Appends nodes of one output each.
class Appender {
public:
    Appender(Graph& graph, std::string prefix) : graph_(graph), prefix_(std::move(prefix)) {}

    ValueId add(const OpSpec* spec, std::vector<ValueId> inputs, Attributes attributes,
                const std::string& name) {
        const ValueId output = graph_.add_value(prefix_ + name);
        graph_.nodes.push_back(
            {spec, prefix_ + name, std::move(attributes), std::move(inputs), {output}, {}});
        return output;
    }
    // The name gets a tail where it is taken: by a matrix that other heads still read.
    ValueId constant(Tensor value, const std::string& name) {
        const auto is_taken = [&](const std::string& other) {
            return std::any_of(graph_.values.begin(), graph_.values.end(),
                               [&](const Value& v) { return v.name == other; });
        };
        std::string unused = prefix_ + name;
        for (int n = 2; is_taken(unused); ++n) unused = prefix_ + name + "_" + std::to_string(n);
        return graph_.add_value(unused, std::move(value));
    }
    const std::string& prefix() const { return prefix_; }

private:
    Graph& graph_;
    std::string prefix_;
};

ValueId append_pool(Appender& appender, ValueId input, int grid) {
    if (grid == 1) return appender.add(find_op("GlobalAveragePool"), {input}, {}, ".pool");
    return appender.add(find_op("AdaptiveAveragePool", "dyce"), {input},
                        {{"output_size", std::vector<std::int64_t>{grid, grid}}}, ".pool");
}

ValueId append_norm(Appender& appender, ValueId features, std::int64_t count) {
    Tensor ones(DataType::kFloat32, {count});
    std::fill_n(ones.mutable_data<float>(), count, 1.f);
    const ValueId scale = appender.constant(std::move(ones), ".norm.scale");
    return appender.add(find_op("LayerNormalization"), {features, scale},
                        {{"axis", std::int64_t{-1}}, {"epsilon", kHeadNormEpsilon}}, ".norm");
}

// Behind those of its site and before those of the next; returns its index.
int insert_head(ExitTable& exits, ExitHead head) {
    const auto place = std::find_if(exits.heads.begin(), exits.heads.end(),
                                    [&](const ExitHead& other) { return other.site > head.site; });
    const auto at = static_cast<int>(place - exits.heads.begin());
    for (ExitHead& other : exits.heads) other.chain += other.chain >= at ? 1 : 0;
    exits.heads.insert(place, std::move(head));
    return at;
}

class GroupBuilder {
public:
    GroupBuilder(Graph& graph, ExitTable& exits, const HeadType& type)
        : graph_(graph), exits_(exits), type_(type) {}

    void attach(const std::vector<HeadWeights>& heads) {
        const std::int64_t classes =
            type_.is_gate ? kGateOutcomes
                          : infer_types(graph_)[static_cast<std::size_t>(graph_.outputs[0])].shape.elements();
        for (const HeadWeights& head : heads) check(head, heads.front(), classes);
        remove_old(heads);
        for (const HeadWeights& head : heads) append(head);
        complete_heads(graph_, exits_);
    }

private:
    std::string name_at(int site) const { return "exit." + std::to_string(site) + "." + type_.name; }
    const Site& site_of(const HeadWeights& head) const {
        return exits_.sites[static_cast<std::size_t>(head.site)];
    }

    void check(const HeadWeights& head, const HeadWeights& first, std::int64_t classes) const {
        const std::string name = name_at(head.site);
        if (head.site < 0 || static_cast<std::size_t>(head.site) >= exits_.sites.size())
            fail(name, "the network has " + std::to_string(exits_.sites.size()) + " sites, numbered from 0");
        const Site& site = site_of(head);
        if (const std::string why = misfit(site_shape(graph_, site), site, type_); !why.empty())
            fail(name, why);
        check_layers(name, head.layers, type_.widths(site.channels, classes));
        if (&head != &first && head.site <= (&head - 1)->site) fail(name, "is not behind the head before it");
        if (!type_.family.one_matrix) return;
        const Shape features{site.channels * type_.grid * type_.grid};
        if (head.factors.type() != TensorType{DataType::kFloat32, features})
            fail(name, "factors are " + head.factors.shape().to_string() + ", expected float32 " +
                           features.to_string());
        if (head.layers[0].weight.bytes() != first.layers[0].weight.bytes())
            fail(name, "its first matrix is not that of the group");
    }

    // A chain goes from its end.
    void remove_old(const std::vector<HeadWeights>& heads) {
        const auto is_replaced = [&](const ExitHead& old) {
            return type_.family.sums || std::any_of(heads.begin(), heads.end(), [&](const HeadWeights& head) {
                       return head.site == old.site;
                   });
        };
        for (std::size_t h = exits_.heads.size(); h-- > 0;)
            if (exits_.heads[h].type == type_.name && is_replaced(exits_.heads[h]))
                remove_head(graph_, exits_, h);
    }

    void append(const HeadWeights& head) {
        const Site& site = site_of(head);
        const std::string name = name_at(head.site);
        Appender appender(graph_, name);
        const ValueId features = append_features(appender, site, head);
        graph_.outputs.push_back(append_layers(appender, features, head.layers));
        before_ = insert_head(exits_, {head.site,
                                       type_.name,
                                       static_cast<int>(graph_.outputs.size()) - 1,
                                       0,
                                       type_.is_gate ? HeadRole::kGate : HeadRole::kExit,
                                       {},
                                       type_.family.sums ? before_ : -1,
                                       0,
                                       type_.is_gate ? head.site + 1 : -1});
    }

    // N x widths().front() numbers.
    ValueId append_features(Appender& appender, const Site& site, const HeadWeights& head) {
        if (type_.class_token)
            return append_normalised(appender, append_class_token(graph_, site.value, appender.prefix()),
                                     site);
        const ValueId map = append_map(graph_, site.value, site_shape(graph_, site), site.layout, site.tokens,
                                       appender.prefix());
        ValueId pooled = append_pool(appender, map, type_.grid);
        if (type_.family.one_matrix) {
            const Tensor factors = head.factors.reshaped({1, site.channels, type_.grid, type_.grid});
            pooled =
                appender.add(find_op("Mul"), {pooled, appender.constant(factors, ".factors")}, {}, ".scaled");
        }
        return append_normalised(appender, appender.add(find_op("Flatten"), {pooled}, {}, ".flatten"), site);
    }

    ValueId append_normalised(Appender& appender, ValueId features, const Site& site) const {
        if (!type_.norm) return features;
        return append_norm(appender, features, type_.widths(site.channels, 1).front());
    }

    ValueId append_layers(Appender& appender, ValueId value, const std::vector<HeadLayer>& layers) {
        for (std::size_t k = 0; k < layers.size(); ++k) {
            const std::string name = ".fc" + std::to_string(k);
            const bool is_last = k + 1 == layers.size();
            const ValueId weight = weight_of(appender, layers[k], k, name + ".weight");
            const ValueId bias = appender.constant(layers[k].bias, name + ".bias");
            value = appender.add(find_op("Gemm"), {value, weight, bias}, {{"transB", std::int64_t{1}}},
                                 is_last ? "" : name);
            if (is_last) break;
            value = appender.add(find_op("Relu"), {value}, {}, name + ".relu");
            if (type_.family.sums)
                value = sum_ =
                    sum_ < 0 ? value : appender.add(find_op("Add"), {sum_, value}, {}, name + ".sum");
        }
        return value;
    }

    ValueId weight_of(Appender& appender, const HeadLayer& layer, std::size_t k, const std::string& name) {
        if (k > 0 || !type_.family.one_matrix) return appender.constant(layer.weight, name);
        if (matrix_ < 0) matrix_ = appender.constant(layer.weight, name);
        return matrix_;
    }

    Graph& graph_;
    ExitTable& exits_;
    const HeadType& type_;
    int before_ = -1;      // index of the head attached last
    ValueId matrix_ = -1;  // of the group
    ValueId sum_ = -1;     // of the hidden numbers so far
};

}  // namespace

std::string head_misfit(const Graph& graph, const Site& site, const HeadType& type) {
    return misfit(site_shape(graph, site), site, type);
}

bool head_fits(const Graph& graph, const Site& site, const HeadType& type) {
    return head_misfit(graph, site, type).empty();
}

void attach_head(Graph& graph, ExitTable& exits, int site, const HeadType& type,
                 const std::vector<HeadLayer>& layers) {
    attach_group(graph, exits, type, {{site, layers}});
}

void attach_group(Graph& graph, ExitTable& exits, const HeadType& type,
                  const std::vector<HeadWeights>& heads) {
    GroupBuilder(graph, exits, type).attach(heads);
}

void remove_head(Graph& graph, ExitTable& exits, std::size_t index) {
    for (const ExitHead& head : exits.heads)
        if (head.chain == static_cast<int>(index))
            fail("exit." + std::to_string(head.site) + "." + head.type,
                 "reads values of " + exits.heads[index].type + ", which cannot be removed before it");
    const int output = exits.heads[index].output;
    exits.heads.erase(exits.heads.begin() + static_cast<std::ptrdiff_t>(index));
    graph.outputs.erase(graph.outputs.begin() + output);
    for (ExitHead& head : exits.heads) {
        head.output -= head.output > output ? 1 : 0;
        head.chain -= head.chain > static_cast<int>(index) ? 1 : 0;
    }
    remove_dead_code(graph);
    exits.sites = find_again(graph, exits.sites);
}

}  // namespace dyce
