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
    ValueId constant(Tensor value, const std::string& name) {
        return graph_.add_value(prefix_ + name, std::move(value));
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

// N x widths().front() numbers.
ValueId append_features(Graph& graph, Appender& appender, const Site& site, const Shape& shape,
                        const HeadType& type) {
    if (type.class_token) return append_class_token(graph, site.value, appender.prefix());
    const ValueId map = append_map(graph, site.value, shape, site.layout, site.tokens, appender.prefix());
    return appender.add(find_op("Flatten"), {append_pool(appender, map, type.grid)}, {}, ".flatten");
}

ValueId append_norm(Appender& appender, ValueId features, std::int64_t count) {
    Tensor ones(DataType::kFloat32, {count});
    std::fill_n(ones.mutable_data<float>(), count, 1.f);
    const ValueId scale = appender.constant(std::move(ones), ".norm.scale");
    return appender.add(find_op("LayerNormalization"), {features, scale},
                        {{"axis", std::int64_t{-1}}, {"epsilon", kHeadNormEpsilon}}, ".norm");
}

// Behind those of its site and before those of the next.
void insert_head(ExitTable& exits, ExitHead head) {
    const auto place = std::find_if(exits.heads.begin(), exits.heads.end(),
                                    [&](const ExitHead& other) { return other.site > head.site; });
    const auto at = static_cast<int>(place - exits.heads.begin());
    for (ExitHead& other : exits.heads) other.chain += other.chain >= at ? 1 : 0;
    exits.heads.insert(place, std::move(head));
}

ValueId append_layers(Appender& appender, ValueId value, const std::vector<HeadLayer>& layers) {
    for (std::size_t k = 0; k < layers.size(); ++k) {
        const std::string name = ".fc" + std::to_string(k);
        const bool is_last = k + 1 == layers.size();
        const ValueId weight = appender.constant(layers[k].weight, name + ".weight");
        const ValueId bias = appender.constant(layers[k].bias, name + ".bias");
        value = appender.add(find_op("Gemm"), {value, weight, bias}, {{"transB", std::int64_t{1}}},
                             is_last ? "" : name);
        if (!is_last) value = appender.add(find_op("Relu"), {value}, {}, name + ".relu");
    }
    return value;
}

}  // namespace

std::string head_misfit(const Graph& graph, const Site& site, const HeadType& type) {
    return misfit(site_shape(graph, site), site, type);
}

bool head_fits(const Graph& graph, const Site& site, const HeadType& type) {
    return head_misfit(graph, site, type).empty();
}

void attach_head(Graph& graph, ExitTable& exits, int site, const HeadType& type,
                 const std::vector<HeadLayer>& layers) {
    const std::string name = "exit." + std::to_string(site) + "." + type.name;
    if (site < 0 || static_cast<std::size_t>(site) >= exits.sites.size())
        fail(name, "the network has " + std::to_string(exits.sites.size()) + " sites, numbered from 0");
    const auto is_same = [&](const ExitHead& head) { return head.site == site && head.type == type.name; };
    const auto same = std::find_if(exits.heads.begin(), exits.heads.end(), is_same);
    if (same != exits.heads.end())
        remove_head(graph, exits, static_cast<std::size_t>(same - exits.heads.begin()));

    const Site& source = exits.sites[static_cast<std::size_t>(site)];
    const Shape shape = site_shape(graph, source);
    if (const std::string why = misfit(shape, source, type); !why.empty()) fail(name, why);
    const Shape logits = infer_types(graph)[static_cast<std::size_t>(graph.outputs[0])].shape;
    check_layers(name, layers, type.widths(source.channels, logits.elements()));

    Appender appender(graph, name);
    ValueId features = append_features(graph, appender, source, shape, type);
    if (type.norm) features = append_norm(appender, features, type.widths(source.channels, 1).front());
    graph.outputs.push_back(append_layers(appender, features, layers));
    insert_head(exits, {site, type.name, static_cast<int>(graph.outputs.size()) - 1});
    complete_heads(graph, exits);
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
