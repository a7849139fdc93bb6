#include "search/train/feature_pass.h"

#include "runtime/core/bfloat16.h"
#include "runtime/core/idle_pool.h"
#include "runtime/core/ordered_work.h"
#include "runtime/core/worker_count.h"
#include "runtime/exec/executor.h"
#include "search/train/augment.h"

#include <dyce/error.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <memory>

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

// The rows of a batch: outputs[0] are the logits, the others the layout's blocks.
std::vector<std::byte> rows_of_batch(const std::vector<Tensor>& outputs, const std::vector<bool>& missing,
                                     const FeatureLayout& layout) {
    std::vector<std::byte> rows(missing.size() * layout.row_bytes());
    const auto classes = static_cast<std::size_t>(layout.classes);
    for (std::size_t i = 0; i < missing.size(); ++i) {
        std::byte* row = rows.data() + i * layout.row_bytes();
        if (missing[i]) {
            const float nan = std::numeric_limits<float>::quiet_NaN();
            std::memcpy(row, &nan, sizeof nan);
            continue;
        }
        std::memcpy(row, outputs[0].data<float>() + i * classes, classes * sizeof(float));
        auto* features = reinterpret_cast<std::uint16_t*>(row + classes * sizeof(float));
        for (std::size_t b = 0; b < layout.blocks.size(); ++b) {
            const auto size = static_cast<std::size_t>(layout.blocks[b].size());
            const float* from = outputs[b + 1].data<float>() + i * size;
            std::transform(from, from + size, features + layout.blocks[b].offset, to_bfloat16);
        }
    }
    return rows;
}

// The network, an output in float32 before it is in bfloat16, and two batches of rows on their way.
std::size_t bytes_per_worker(const CompiledModel& compiled, const FeatureLayout& layout) {
    return compiled.arena_bytes() + 4 * static_cast<std::size_t>(kBatch) * layout.row_bytes();
}

}  // namespace

void run_feature_pass(const Graph& features, const FeatureLayout& layout, const Preprocess& recipe,
                      const Dataset& images, const FeaturePassOptions& options, FeatureCache& cache,
                      const std::function<void(std::int64_t rows)>& progress) {
    const Reader reader(recipe, images, options);
    const std::int64_t begin = cache.complete();
    if (begin == reader.rows()) return;
    const auto compiled = CompiledModel::compile(features, {.max_batch = kBatch, .threads = 1});
    IdlePool<Executor> executors;
    const auto compute = [&](std::size_t index, std::size_t) {
        const Batch batch = reader.read(begin + static_cast<std::int64_t>(index) * kBatch);
        auto executor = executors.take([&] { return std::make_unique<Executor>(compiled); });
        const auto outputs = executor->run({batch.images});
        executors.give_back(std::move(executor));
        return rows_of_batch(outputs, batch.missing, layout);
    };
    const auto batches = static_cast<std::size_t>((reader.rows() - begin + kBatch - 1) / kBatch);
    run_in_order(batches, worker_count(options.threads, batches, bytes_per_worker(*compiled, layout)),
                 compute, [&](std::size_t index, const std::vector<std::byte>& rows) {
                     cache.append(rows);
                     progress(std::min(begin + static_cast<std::int64_t>(index + 1) * kBatch, reader.rows()));
                 });
}

}  // namespace dyce
