#include "loaders/import/image_input.h"

#include <dyce/error.h>

namespace dyce {
namespace {

bool is_channel_count(std::int64_t dim) { return dim == 1 || dim == 3; }

}  // namespace

Shape take_channels_first(Graph& graph) {
    if (graph.inputs.size() != 1)
        throw Error(ErrorCode::kContent, "graph",
                    "has " + std::to_string(graph.inputs.size()) + " inputs, a classifier of images has one");
    GraphInput& input = graph.inputs[0];
    Shape shape = input.type.shape;
    if (shape.rank() != 4)
        throw Error(ErrorCode::kContent, graph.value(input.value).name,
                    "input has shape " + shape.to_string() + ", expected NxCxHxW or NxHxWxC");
    if (!is_channel_count(shape[1]) && is_channel_count(shape[3])) {
        const ValueId inner = input.value;
        const std::string name = graph.value(inner).name;
        graph.value(inner).name = name + "/channels_last";
        shape = {shape[0], shape[3], shape[1], shape[2]};
        input.value = graph.add_value(name);
        input.type.shape = shape;
        graph.nodes.insert(graph.nodes.begin(), {find_op("Transpose"),
                                                 name + "/channels_last",
                                                 {{"perm", std::vector<std::int64_t>{0, 2, 3, 1}}},
                                                 {input.value},
                                                 {inner},
                                                 {}});
    }
    return Shape(shape.begin() + 1, shape.end());
}

}  // namespace dyce
