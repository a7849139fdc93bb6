#include "search/train/network/judge.h"

#include "runtime/exec/executor.h"
#include "search/train/backward/gate.h"
#include "search/train/network/gates.h"
#include "search/train/network/teacher_loss.h"

#include <algorithm>

namespace dyce {
namespace {

constexpr std::size_t kBatch = 64;

// visit(index among `images` of the first of a batch, how many, outputs) for one batch after another.
template <class Visit>
void run_all(const Member& member, const ImageStore& store, std::span<const std::int64_t> images, int threads,
             const Visit& visit) {
    Executor executor(
        CompiledModel::compile(gated_graph(member, false), {.max_batch = kBatch, .threads = threads}));
    const Preprocess& recipe = store.recipe();
    for (std::size_t first = 0; first < images.size(); first += kBatch) {
        const auto some = images.subspan(first, std::min(kBatch, images.size() - first));
        Tensor batch(DataType::kFloat32,
                     {static_cast<std::int64_t>(some.size()), recipe.channels, recipe.height, recipe.width});
        for (std::size_t i = 0; i < some.size(); ++i)
            store.read(some[i], batch.mutable_data<float>() + i * store.numbers());
        visit(some, executor.run({batch}));
    }
}

std::span<const float> row_of(const Tensor& logits, std::size_t row) {
    const auto classes = static_cast<std::size_t>(logits.shape()[1]);
    return {logits.data<float>() + row * classes, classes};
}

}  // namespace

std::vector<double> judge(const Member& member, const ImageStore& store, std::span<const std::int64_t> images,
                          int threads) {
    if (images.empty()) return {};
    std::vector<double> right(member.graph.outputs.size());
    std::vector<bool> is_gate(right.size());
    for (const ExitHead& head : member.exits.heads)
        is_gate[static_cast<std::size_t>(head.output)] = head.role == HeadRole::kGate;
    run_all(member, store, images, threads,
            [&](std::span<const std::int64_t> some, const std::vector<Tensor>& outputs) {
                for (std::size_t o = 0; o < right.size(); ++o)
                    for (std::size_t i = 0; i < some.size(); ++i) {
                        const auto z = row_of(outputs[o], i);
                        const bool is_right = is_gate[o] ? gate_runs(z[0], z[1])
                                                         : std::max_element(z.begin(), z.end()) - z.begin() ==
                                                               store.label(some[i]);
                        right[o] += is_right ? 1 : 0;
                    }
            });
    for (double& share : right) share /= static_cast<double>(images.size());
    return right;
}

double classifier_loss(const Member& member, const ImageStore& store, std::span<const std::int64_t> images,
                       int threads) {
    double loss = 0;
    run_all(member, store, images, threads,
            [&](std::span<const std::int64_t> some, const std::vector<Tensor>& outputs) {
                for (std::size_t i = 0; i < some.size(); ++i) {
                    const auto z = row_of(outputs[0], i);
                    loss += log_sum_exp<double, float>(z, 1) -
                            static_cast<double>(z[static_cast<std::size_t>(store.label(some[i]))]);
                }
            });
    return loss / static_cast<double>(images.size());
}

}  // namespace dyce
