// Classifies images with a model, and switches between its configurations while doing so. All members of a
// Session may be called from several threads at once; several Sessions may share one Model.
//
// A call computes on threads of the Session's own, never on the host's OpenMP: no OMP_* variable or setting
// changes an answer, and none is changed. The first call starts them; when the system grants no more threads
// it throws Error{kResource}. A Session may be used in a child after fork() if no call was in progress then:
// the child's first call starts threads anew.
#pragma once

#include <dyce/configuration.h>
#include <dyce/export.h>
#include <dyce/image.h>
#include <dyce/model.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace dyce {

struct SessionOptions {
    int threads = 0;                 ///< compute threads of a call; 0 = all this process may use
    int max_batch = 1;               ///< images computed together at most
    std::string precision = "f32";   ///< or "bf16"; "int8" if the model was quantised
    std::string plan = "latency";    ///< or "throughput": kernels for big batches, see docs/performance.md
    bool reference_kernels = false;  ///< plain loops instead of oneDNN: slow, for checking
};

struct ClassifyOptions {
    int topk = 5;  ///< classes in an answer
    /// For this call instead of the session's.
    std::optional<Configuration> configuration;
    /// Milliseconds from the call until an image must answer; 0 = none. Checked at each site with heads: a
    /// image that the way to the next one would make late, as far as the latest runs tell, answers there -
    /// by the exit that is on, or else by the best head of the site (Configuration::best_heads). Every
    /// image is computed up to the first site. Once in a while one goes on nevertheless, to see whether
    /// that way still takes so long: an answer is late by no more than the way from one site to the next.
    double deadline_ms = 0;
};

/// The answer for one image.
struct Prediction {
    std::vector<int> index;           ///< the best classes, most probable first
    std::vector<std::string> label;   ///< their names (decimal class index when the model has none)
    std::vector<float> prob;          ///< their softmax probabilities
    int member = 0;                   ///< which network of a cascade answered
    int exit_site = 0;                ///< site it left at; the number of sites = the final exit
    std::string exit_type = "final";  ///< head it left by
    float score = 0;                  ///< score of that exit
    std::int64_t macs = 0;            ///< multiply-adds paid
    double latency_us = 0;            ///< decoded image to answer, in its batch
    bool late = false;                ///< left early because of its deadline, or came after it
    std::string configuration = "off";
    std::uint64_t generation = 0;
    std::string error;  ///< why this image has no answer; empty when it has one
};

class DYCE_API Session {
public:
    /// Compiles the model. Throws Error{kUsage} on bad options, Error{kResource} when memory is short.
    explicit Session(const Model& model, const SessionOptions& options = {});
    /// The same with exits on. Throws also as set_configuration() does.
    Session(const Model& model, const Configuration& configuration, const SessionOptions& options = {});
    ~Session();
    Session(Session&&) noexcept;
    Session& operator=(Session&&) noexcept;

    /// Switches live: batches that begin later follow `configuration`, those under way finish under theirs.
    /// Returns the new generation, 1 for the first. Never waits for running work. Throws Error{kUsage} when
    /// the configuration is not for this model, and leaves the old one active.
    std::uint64_t set_configuration(const Configuration& configuration);
    /// The one that batches begin under now.
    Configuration configuration() const;

    /// Throws Error{kContent} when the image does not fit the preprocessing or its logits are not finite.
    Prediction classify(const Image& image, int topk = 5);
    Prediction classify(const Image& image, const ClassifyOptions& options);
    /// Many images, computed in batches of up to max_batch. An image that fails has its `error` set;
    /// the others are answered.
    std::vector<Prediction> classify(const std::vector<Image>& images, int topk = 5);
    std::vector<Prediction> classify(const std::vector<Image>& images, const ClassifyOptions& options);

    /// Exit scores so far that were infinite or NaN; they never fire.
    std::uint64_t non_finite_scores() const;
    /// Bytes of activations and scratch memory that each call at a time takes, and that are kept for later ones.
    std::size_t arena_bytes() const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace dyce
