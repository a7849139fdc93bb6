// Classifies a list of images so that a run that was cut off, by whatever, goes on where it was: in the list, and
// inside the network too. What it writes is, byte for byte, what an undisturbed run writes. One thread.
#pragma once

#include "runtime/session/engine.h"
#include "tools/progress/kept_batch.h"
#include "tools/progress/kept_output.h"
#include "tools/progress/progress_file.h"

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace dyce {

/// The list, by index. Functions may throw Error for an image that cannot be read; it has an answer that says so.
struct KeptImages {
    std::size_t count = 0;
    std::function<std::string(std::size_t)> name;
    std::function<std::uint64_t(std::size_t)> bytes;  ///< of its file; 0 where it has none of its own
    std::function<Image(std::size_t)> load;
};

/// What becomes of answers.
class KeptAnswers {
public:
    virtual ~KeptAnswers() = default;
    /// What the output begins with.
    virtual std::string heading() const = 0;
    /// Takes an answer, and gives what the output says of it: the same whenever it is asked.
    virtual std::string take(std::size_t image, const Prediction& answer) = 0;
    /// What was counted so far, in a fixed number of bytes; and that it goes on from there.
    virtual std::string notes() const = 0;
    virtual void go_on_from(const std::string& notes) = 0;
    /// Another batch is in the output.
    virtual void done(std::size_t images) = 0;
};

struct KeptRunOptions {
    std::string progress, output;  ///< paths
    Durability durability = Durability::kProcess;
    std::size_t every = 0;  ///< images between two commits; 0 = at every stage too
    int topk = 5;
    std::string settings = {};  ///< of the verb, as far as its output depends on them
};

/// The engine that images go through, and which of its configurations.
struct KeptEngine {
    const Model& model;
    SessionOptions options;
    std::optional<Configuration> configuration;
};

class KeptRun {
public:
    /// Throws as Engine and ProgressFile do, and Error{kContent} when the output is not the one that the
    /// progress belongs to.
    KeptRun(const KeptEngine& engine, const KeptImages& images, KeptAnswers& answers,
            const KeptRunOptions& options);

    /// One human-readable line when a progress was found that is not used; else empty.
    const std::string& notice() const { return file_->notice(); }
    /// Up to the end of the list. Throws Error{kContent} when an image under way is another one now, and
    /// Error{kIo}; what is kept stays.
    void run();

    /// Bytes that the progress of a run by this engine takes, where stages are kept.
    static std::size_t file_memory(Engine& engine);

    const Engine& engine() const { return engine_; }
    const Configuration& configuration() const { return plan_->configuration; }

private:
    struct Batch {
        std::size_t first;
        std::vector<Prediction> predictions;   ///< of all its images
        std::vector<std::size_t> places = {};  ///< of those that could be read
        std::vector<Sample> samples = {};
        std::vector<std::string> digests = {};  ///< of these
    };

    static EngineOptions fitting(const KeptEngine& engine);
    std::size_t payload_bytes() const;
    ProgressKey key() const;
    void find_start();
    Batch load(std::size_t first, std::size_t count) const;
    void answer(Batch& batch);
    void check(const Batch& batch) const;
    void write(const Batch& batch);
    void keep_state(const KeptBatch& rows, const Batch& batch, const RunState& state, StageRunner& runner);
    void keep_images();

    KeptImages images_;
    KeptAnswers& answers_;
    KeptRunOptions options_;
    Engine engine_;
    std::vector<ExitSite> positions_;
    std::vector<std::vector<std::size_t>> held_;  ///< Engine::held_bytes()
    std::shared_ptr<const ExitPlan> plan_;
    std::uint64_t generation_;
    std::size_t notes_bytes_;
    std::optional<ProgressFile> file_;
    std::optional<KeptOutput> output_;
    std::optional<SavedRun> resumed_;  ///< under way
    SavedRun kept_;                    ///< by the latest commit of images
    std::size_t done_ = 0;             ///< images
    std::string pending_;              ///< output of those since that commit
};

}  // namespace dyce
