#include "search/train/backward/backward_pass.h"

#include "search/train/backward/trainable.h"

#include <algorithm>

namespace dyce {
namespace {

constexpr BackwardPass kBackwardPasses[] = {
    {"Add", "", backward::add, true},
    {"AveragePool", "", backward::average_pool},
    {"BatchNormalization", "", backward::batch_normalization, true},
    {"Conv", "", backward::conv},
    {"Flatten", "", backward::view},
    {"Gemm", "", backward::gemm},
    {"GlobalAveragePool", "", backward::global_average_pool},
    {"MaxPool", "", backward::max_pool},
    {"Pad", "", backward::move},
    {"Relu", "", backward::relu},
    {"Reshape", "", backward::view},
    {"Slice", "", backward::move},
    {"Transpose", "", backward::move},
    {"AdaptiveAveragePool", "dyce", backward::adaptive_average_pool},
    {"Gate", "dyce.training", backward::gate},
};

}  // namespace

const BackwardPass* find_backward_pass(const OpSpec& spec) {
    const auto found = std::find_if(
        std::begin(kBackwardPasses), std::end(kBackwardPasses),
        [&](const BackwardPass& one) { return one.name == spec.name && one.domain == spec.domain; });
    return found == std::end(kBackwardPasses) ? nullptr : found;
}

std::vector<std::string> find_untrainable(const Graph& graph) {
    std::vector<std::string> found;
    for (const Node& node : graph.nodes)
        if (find_backward_pass(*node.spec) == nullptr)
            found.push_back(node.name + " (" + std::string(node.spec->name) + ")");
    return found;
}

}  // namespace dyce
