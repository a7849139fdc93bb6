// Runs a small network with exits through the exit loop and notes how images leave.
#pragma once

#include "runtime/exec/local_stage_runner.h"
#include "runtime/flow/exit_loop.h"
#include "tests/runtime/flow/exit_net.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <random>
#include <span>
#include <string>
#include <vector>

namespace dyce::test {

using Images = std::vector<std::vector<float>>;

inline Images noise(int count) {
    std::mt19937 random(3);
    std::normal_distribution<float> normal;
    Images images(static_cast<std::size_t>(count), std::vector<float>(3 * 8 * 8));
    for (auto& image : images)
        for (float& x : image) x = normal(random);
    return images;
}

/// The same with convolutions that take and leave integers, and so do the values at sites.
inline ExitNet quantized(ExitNet net) {
    for (const Node& node : net.graph.nodes) {
        const std::string name(node.spec->name);
        if (name != "Conv" && name != "Relu" && name != "Add") continue;
        for (const ValueId id : {node.inputs[0], node.outputs[0]})
            net.graph.value(id).quantization = Quantization{0.043f, name != "Relu"};
    }
    return net;
}

inline Tensor as_tensor(const std::vector<float>& image) {
    Tensor tensor(DataType::kFloat32, {1, 3, 8, 8});
    std::copy(image.begin(), image.end(), tensor.mutable_data<float>());
    return tensor;
}

struct Left {
    int position;
    std::string type;
    float score;
    std::int64_t macs;
    std::vector<float> logits;
    bool late = false;
    std::vector<int> skipped = {};  ///< sites
    friend bool operator==(const Left&, const Left&) = default;
};

/// Hands images to the loop and notes how they leave.
class Notes final : public ExitBatch {
public:
    explicit Notes(std::span<const std::vector<float>> images) : images_(images) {}
    void fill(int, int row, std::span<float> image) override {
        std::copy(images_[static_cast<std::size_t>(row)].begin(),
                  images_[static_cast<std::size_t>(row)].end(), image.begin());
    }
    void exit(int row, const ExitAnswer& a) override {
        REQUIRE(left.count(row) == 0);
        left[row] = {a.position, *a.type,         a.score, a.macs, {a.logits.begin(), a.logits.end()},
                     a.late,     a.skipped.list()};
        late += a.late ? 1 : 0;
    }
    Clock::time_point deadline(int row) const override {
        return dues.empty() ? due : dues[static_cast<std::size_t>(row)];
    }

    std::map<int, Left> left;
    int late = 0;
    Clock::time_point due = Clock::time_point::max();
    std::vector<Clock::time_point> dues = {};  ///< by row; empty = all are due alike

private:
    std::span<const std::vector<float>> images_;
};

using Members = std::vector<std::shared_ptr<const CompiledModel>>;

/// A loop over runners with a store of times of their own.
inline ExitLoop timed_loop(StageRunners runners, std::vector<ExitSite> positions, int max_batch,
                           TimeSource now = machine_time()) {
    auto times = make_stage_times(runners, std::move(now));
    return {std::move(runners), std::move(positions), max_batch, std::move(times)};
}

struct Runner {
    ExitNet net;
    std::int64_t macs;
    std::vector<ExitSite> positions;
    int max_batch;
    std::shared_ptr<const CompiledModel> compiled;
    ExitLoop loop;

    /// `at_once`: rows that the network takes; 0 = the batch.
    Runner(ExitNet made, int batch, bool reference = false, Precision precision = Precision::kFloat32,
           int at_once = 0)
        : net(std::move(made)),
          macs(backbone_macs()),
          positions(list_sites({{&net.graph, &net.exits, macs}})),
          max_batch(batch),
          compiled(CompiledModel::compile(net.graph, net.exits,
                                          {.max_batch = at_once > 0 ? at_once : batch,
                                           .threads = 2,
                                           .precision = precision,
                                           .reference_kernels = reference})),
          loop(local_stage_runners({compiled}), positions, batch) {}

    std::int64_t backbone_macs() const {
        std::int64_t heads = 0;
        for (const ExitHead& head : net.exits.heads) heads += head.macs + head.feed_macs;
        return count_macs(net.graph) - heads;
    }
    std::vector<Left> run(const Configuration& configuration, const Images& images) {
        const ExitPlan plan = make_exit_plan(configuration, positions);
        std::vector<Left> answers;
        const auto batch = static_cast<std::size_t>(max_batch);
        for (std::size_t first = 0; first < images.size(); first += batch) {
            const auto count = std::min(batch, images.size() - first);
            Notes notes(std::span<const std::vector<float>>(images).subspan(first, count));
            loop.run(plan, static_cast<int>(count), notes);
            REQUIRE(notes.left.size() == count);
            for (const auto& [row, left] : notes.left) answers.push_back(left);
        }
        return answers;
    }
};

}  // namespace dyce::test
