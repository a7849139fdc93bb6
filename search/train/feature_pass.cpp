#include "search/train/feature_pass.h"

#include "runtime/core/bfloat16.h"
#include "runtime/core/idle_pool.h"
#include "runtime/core/ordered_work.h"
#include "runtime/core/worker_count.h"
#include "runtime/exec/executor.h"
#include "runtime/exec/local_stage_runner.h"
#include "search/record/gated_pass.h"
#include "search/train/augment.h"

#include <dyce/error.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <memory>
#include <optional>
#include <utility>

namespace dyce {
namespace {

constexpr std::int64_t kBatch = 32;
constexpr std::uint64_t kAugmentation = 1;  // purpose of the random numbers

struct Batch {
    Tensor images;
    std::vector<bool> missing;
};

class Reader {
public:
    Reader(const Preprocess& recipe, const Dataset& images, const FeaturePassOptions& options)
        : recipe_(recipe), images_(images), options_(options) {}

    std::int64_t rows() const { return images_.size() * options_.passes; }

    Batch read(std::int64_t first) const {
        const std::int64_t count = std::min(kBatch, rows() - first);
        Batch batch{Tensor(DataType::kFloat32, {count, recipe_.channels, recipe_.height, recipe_.width}), {}};
        const std::int64_t size = static_cast<std::int64_t>(recipe_.numbers());
        float* to = batch.images.mutable_data<float>();
        for (std::int64_t i = 0; i < count; ++i) batch.missing.push_back(!read_row(first + i, to + i * size));
        return batch;
    }

private:
    bool read_row(std::int64_t row, float* to) const {
        const std::int64_t pass = row / images_.size(), number = row % images_.size();
        try {
            const Image image = images_.image(number);
            if (pass == 0) {
                apply(recipe_, image, to);
                return true;
            }
            std::vector<float> plain(recipe_.numbers());
            apply(recipe_, image, plain.data());
            augment(recipe_, Random(options_.seed, kAugmentation, static_cast<std::uint64_t>(row)),
                    plain.data(), to);
            return true;
        } catch (const Error&) {
            return false;
        }
    }

    const Preprocess& recipe_;
    const Dataset& images_;
    const FeaturePassOptions& options_;
};

// The rows of a batch: output 0 are the logits, the others the layout's blocks.
class BatchRows {
public:
    BatchRows(const FeatureLayout& layout, const std::vector<bool>& missing)
        : layout_(layout), missing_(missing), rows_(missing.size() * layout.row_bytes()) {
        const float nan = std::numeric_limits<float>::quiet_NaN();
        for (std::size_t row = 0; row < missing.size(); ++row)
            if (missing[row]) std::memcpy(bytes_of(row), &nan, sizeof nan);
    }

    void set(std::size_t row, std::size_t output, const float* from) {
        if (missing_[row]) return;
        const std::size_t logits = static_cast<std::size_t>(layout_.classes) * sizeof(float);
        if (output == 0) {
            std::memcpy(bytes_of(row), from, logits);
            return;
        }
        const FeatureBlock& block = layout_.blocks[output - 1];
        auto* features = reinterpret_cast<std::uint16_t*>(bytes_of(row) + logits);
        std::transform(from, from + block.size(), features + block.offset, to_bfloat16);
    }
    std::vector<std::byte> take() { return std::move(rows_); }

private:
    std::byte* bytes_of(std::size_t row) { return rows_.data() + row * layout_.row_bytes(); }

    const FeatureLayout& layout_;
    const std::vector<bool>& missing_;
    std::vector<std::byte> rows_;
};

// What computes one batch at a time.
class FeatureWorker {
public:
    FeatureWorker(std::shared_ptr<const CompiledModel> compiled, const FeatureNetwork& network,
                  const std::vector<ExitSite>& sites)
        : network_(network), sites_(sites) {
        if (network.exits.heads.empty())
            executor_.emplace(std::move(compiled));
        else
            runner_.emplace(std::move(compiled));
    }

    void run(const Tensor& images, BatchRows& rows) {
        if (runner_) return run_gated(images, rows);
        const auto outputs = executor_->run({images});
        for (std::size_t o = 0; o < outputs.size(); ++o) {
            const std::int64_t size = outputs[o].elements() / outputs[o].shape()[0];
            for (std::int64_t row = 0; row < outputs[o].shape()[0]; ++row)
                rows.set(static_cast<std::size_t>(row), o, outputs[o].data<float>() + row * size);
        }
    }

private:
    void run_gated(const Tensor& images, BatchRows& rows) {
        GatedPass pass(*runner_, sites_, 0);
        const std::int64_t count = images.shape()[0], at_once = runner_->rows_at_once();
        for (std::int64_t first = 0; first < count; first += at_once) {
            const std::int64_t size = std::min(at_once, count - first);
            const auto input = pass.begin(static_cast<int>(size));
            std::copy_n(images.data<float>() + first * (images.elements() / count), input.size(),
                        input.begin());
            while (pass.advance())
                for (const ExitSite::Head& head : sites_[pass.position()].heads)
                    take(pass, head, first, rows);
        }
    }

    void take(const GatedPass& pass, const ExitSite::Head& head, std::int64_t first, BatchRows& rows) {
        const int output =
            head.index < 0 ? 0 : network_.exits.heads[static_cast<std::size_t>(head.index)].output;
        const auto numbers = runner_->run_head(head.index);
        const std::size_t size = numbers.size() / pass.rows().size();
        for (std::size_t place = 0; place < pass.rows().size(); ++place)
            rows.set(static_cast<std::size_t>(first + pass.rows()[place]), static_cast<std::size_t>(output),
                     numbers.data() + place * size);
    }

    const FeatureNetwork& network_;
    const std::vector<ExitSite>& sites_;
    std::optional<Executor> executor_;        // where all images go the same way
    std::optional<LocalStageRunner> runner_;  // where gates decide
};

// The network, an output in float32 before it is in bfloat16, and two batches of rows on their way.
std::size_t bytes_per_worker(const CompiledModel& compiled, const FeatureLayout& layout) {
    return compiled.arena_bytes() + 4 * static_cast<std::size_t>(kBatch) * layout.row_bytes();
}

}  // namespace

void run_feature_pass(const FeatureNetwork& network, const FeatureLayout& layout, const Preprocess& recipe,
                      const Dataset& images, const FeaturePassOptions& options, FeatureCache& cache,
                      const std::function<void(std::int64_t rows)>& progress) {
    const Reader reader(recipe, images, options);
    const std::int64_t begin = cache.complete();
    if (begin == reader.rows()) return;
    const CompileOptions compiling{.max_batch = kBatch, .threads = 1};
    const auto compiled = network.exits.heads.empty()
                              ? CompiledModel::compile(network.graph, compiling)
                              : CompiledModel::compile(network.graph, network.exits, compiling);
    const auto sites = list_sites({{&network.graph, &network.exits, 0, network.gate_threshold}});
    IdlePool<FeatureWorker> workers;
    const auto compute = [&](std::size_t index, std::size_t) {
        const Batch batch = reader.read(begin + static_cast<std::int64_t>(index) * kBatch);
        auto worker = workers.take([&] { return std::make_unique<FeatureWorker>(compiled, network, sites); });
        BatchRows rows(layout, batch.missing);
        worker->run(batch.images, rows);
        workers.give_back(std::move(worker));
        return rows.take();
    };
    const auto batches = static_cast<std::size_t>((reader.rows() - begin + kBatch - 1) / kBatch);
    run_in_order(batches, worker_count(options.threads, batches, bytes_per_worker(*compiled, layout)),
                 compute, [&](std::size_t index, const std::vector<std::byte>& rows) {
                     cache.append(rows);
                     progress(std::min(begin + static_cast<std::int64_t>(index + 1) * kBatch, reader.rows()));
                 });
}

}  // namespace dyce
