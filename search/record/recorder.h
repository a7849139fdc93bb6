// Runs images through every exit of a model, past the stages that its gates let them skip, and notes what each exit
// says. All members may be called from several threads at once; each call computes on the thread that makes it.
#pragma once

#include "graph/exits/exits.h"
#include "loaders/format/model_file.h"
#include "runtime/core/precision.h"
#include "runtime/core/tune_goal.h"
#include "search/record/record.h"

#include <dyce/image.h>

#include <memory>
#include <span>
#include <string>
#include <vector>

namespace dyce {

struct RecorderOptions {
    int batch = 32;
    Precision precision = Precision::kFloat32;
    TuneGoal goal = TuneGoal::kLatency;
    int topk = 1;                                     ///< classes noted of each head
    std::vector<std::string> scores = {kMaxSoftmax};  ///< max_softmax first
};

/// What all heads said of one image, by RecordMeta::heads.
struct RecordRow {
    std::vector<std::int32_t> classes;  ///< heads x topk, the most probable first
    std::vector<float> scores;          ///< heads x (topk probabilities, then the other scores)
    /// By position, as Record::paid; empty where the model has no gates.
    std::vector<std::int64_t> paid = {};
};

class Recorder {
public:
    /// Throws Error{kUsage} for an unknown score and as compiling does.
    Recorder(std::shared_ptr<const ModelData> model, const RecorderOptions& options);
    ~Recorder();

    /// The model, its plan and its exits; images and shards are left to the caller.
    const RecordMeta& meta() const;
    /// Sizes of a row's lists.
    std::size_t classes_per_row() const;
    std::size_t scores_per_row() const;
    std::size_t paid_per_row() const;

    /// Bytes of activations and scratch memory that each run() at a time takes.
    std::size_t arena_bytes() const;

    /// At most `batch` images. Throws Error{kContent} with the number of one that does not fit the
    /// preprocessing.
    std::vector<RecordRow> run(std::span<const Image> images) const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// The record that `rows` make. `labels` are those of the same images.
Record make_record(const RecordMeta& meta, const RecorderOptions& options, std::span<const RecordRow> rows,
                   std::span<const int> labels);

}  // namespace dyce
