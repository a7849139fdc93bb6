#include "models/backbones.h"

#include "models/layers.h"
#include "runtime/core/nearest_name.h"

#include <dyce/error.h>

#include <algorithm>

namespace dyce {

const Backbone& find_backbone(std::string_view name) {
    const auto all = backbones();
    const auto found =
        std::find_if(all.begin(), all.end(), [name](const Backbone& one) { return one.name == name; });
    if (found != all.end()) return *found;
    std::vector<std::string_view> names;
    for (const Backbone& one : all) names.push_back(one.name);
    const std::string_view nearest = nearest_name(name, names);
    throw Error(ErrorCode::kUsage, "architecture",
                "there is no \"" + std::string(name) + "\"; " +
                    (nearest.empty() ? "dyce convert --arch list shows the names"
                                     : "the nearest name is \"" + std::string(nearest) + "\""));
}

Graph build_backbone(const Backbone& backbone, const ParameterSource& parameters, int classes,
                     const Shape& input) {
    Shape batched = {1};
    for (std::int64_t dim : input) batched.push_back(dim);
    GraphBuilder graph;
    const Layers net(graph, parameters);
    const ValueId image = graph.input("input", {DataType::kFloat32, batched});
    const ValueId logits = backbone.logits(net, image, classes);
    graph.rename(logits, "logits");
    graph.output(logits);
    return std::move(graph).build();
}

}  // namespace dyce
