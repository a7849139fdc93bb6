#include "search/train/network/judge.h"

#include "runtime/exec/executor.h"

#include <algorithm>

namespace dyce {
namespace {

constexpr std::size_t kBatch = 64;

}  // namespace

std::vector<double> judge(const Member& member, const ImageStore& store, std::span<const std::int64_t> images,
                          int threads) {
    if (images.empty()) return {};
    Executor executor(CompiledModel::compile(member.graph, {.max_batch = kBatch, .threads = threads}));
    const Preprocess& recipe = store.recipe();
    std::vector<double> right(member.graph.outputs.size());
    for (std::size_t first = 0; first < images.size(); first += kBatch) {
        const auto some = images.subspan(first, std::min(kBatch, images.size() - first));
        Tensor batch(DataType::kFloat32,
                     {static_cast<std::int64_t>(some.size()), recipe.channels, recipe.height, recipe.width});
        for (std::size_t i = 0; i < some.size(); ++i)
            store.read(some[i], batch.mutable_data<float>() + i * store.numbers());
        const std::vector<Tensor> outputs = executor.run({batch});
        for (std::size_t o = 0; o < right.size(); ++o) {
            const std::int64_t classes = outputs[o].shape()[1];
            for (std::size_t i = 0; i < some.size(); ++i) {
                const float* logits = outputs[o].data<float>() + static_cast<std::int64_t>(i) * classes;
                right[o] +=
                    std::max_element(logits, logits + classes) - logits == store.label(some[i]) ? 1 : 0;
            }
        }
    }
    for (double& share : right) share /= static_cast<double>(images.size());
    return right;
}

}  // namespace dyce
