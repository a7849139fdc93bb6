// Classifies images with a model, and switches between its configurations while doing so. All members of a
// Session may be called from several threads at once; several Sessions may share one Model.
//
// A call computes on threads of the Session's own, never on the host's OpenMP: no OMP_* variable or setting
// changes an answer, and none is changed. The first call starts them; when the system grants no more threads
// it throws Error{kResource}. A Session may be used in a child after fork() if no call was in progress then:
// the child's first call starts threads anew.
#pragma once

#include <dyce/cancel.h>
#include <dyce/configuration.h>
#include <dyce/cut.h>
#include <dyce/engine_options.h>
#include <dyce/export.h>
#include <dyce/gate_count.h>
#include <dyce/image.h>
#include <dyce/memory.h>
#include <dyce/model.h>
#include <dyce/sample.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

namespace dyce {

/// A Session needs nothing else.
using SessionOptions = EngineOptions;

struct ClassifyOptions {
    int topk = 5;  ///< classes in an answer
    /// For this call instead of the session's.
    std::optional<Configuration> configuration = {};
    /// Milliseconds from the call until an image must answer; 0 = none. Checked at each site with heads: a
    /// image that the way to the next one would make late, as far as the latest runs tell, answers there -
    /// by the exit that is on, or else by the best head of the site (Configuration::best_heads). Every
    /// image is computed up to the first site. Once in a while one goes on nevertheless, to see whether
    /// that way still takes so long: an answer is late by no more than the way from one site to the next.
    double deadline_ms = 0;
    /// Whether answers bring their logits along (Prediction::logits).
    bool logits = false;
    /// Takes the call back: no further stage begins, and it throws Error{kCancelled}.
    std::optional<CancelToken> cancel = {};
    /// Multiply-adds that no answer exceeds; 0 = no limit. An image goes on from a site with heads only if the way
    /// to the next one, and the head that answers there, can be paid too: the one that is on, or else the cheapest.
    /// Else it answers where it is, by that head. Error{kUsage} where not even the first answer can be paid.
    std::int64_t budget_macs = 0;
    /// The same in the milliseconds of EngineOptions::stage_ms, which no clock enters; 0 = no limit. With both,
    /// both are kept.
    double budget_ms = 0;
};

/// What a network knows of an image at a site: for each channel the mean over all positions, but for class
/// tokens and other tokens that are no patches.
struct SiteFeatures {
    int site = 0;
    std::vector<float> values;
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
    double latency_us = 0;            ///< decoded image to answer, in its batch; of an EncodedImage, with
                                      ///< the time to decode it
    bool late = false;                ///< left early because of its deadline, or came after it
    std::string configuration = "off";
    std::uint64_t generation = 0;
    std::string error;          ///< why this image has no answer; empty when it has one
    std::vector<float> logits;  ///< of all classes, by the exit that answered; empty unless asked for
    std::vector<SiteFeatures> features;  ///< of the sites asked for that the image reached, rising
    Cut cut = Cut::kNone;                ///< why it left before an exit was sure
    std::vector<int>
        skipped;  ///< sites at whose end it stood without having run the stage, rising: gates let it
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

    /// Throws Error{kContent} when the image cannot be decoded, does not fit the preprocessing, a tensor's
    /// values or the logits are not finite; Error{kUsage} when the model has no such input, the input is of
    /// another kind or shape, or the budget is too small; Error{kCancelled} after options.cancel; Error{kUnavailable} when the energy at hand
    /// does not last for an answer.
    Prediction classify(const Sample& sample, int topk = 5);
    Prediction classify(const Sample& sample, const ClassifyOptions& options);
    Prediction classify(const Image& image, int topk = 5);
    Prediction classify(const Image& image, const ClassifyOptions& options);
    /// Many samples, computed in batches of up to max_batch. One of bad content has its `error` set, the
    /// others are answered. Throws Error{kUsage} as above before anything is computed, of an empty list too, and
    /// Error{kCancelled} for all of them. A budget that is too small for a configuration that comes into force
    /// meanwhile throws when a batch begins under it.
    std::vector<Prediction> classify(const std::vector<Image>& images, int topk = 5);
    std::vector<Prediction> classify(const std::vector<Image>& images, const ClassifyOptions& options);
    // Templates, so that a list in braces is one of images, as it was before there were samples.
    template <class S, class = std::enable_if_t<std::is_same_v<S, Sample>>>
    std::vector<Prediction> classify(const std::vector<S>& samples, int topk = 5) {
        return classify_samples(samples, ClassifyOptions{topk});
    }
    template <class S, class = std::enable_if_t<std::is_same_v<S, Sample>>>
    std::vector<Prediction> classify(const std::vector<S>& samples, const ClassifyOptions& options) {
        return classify_samples(samples, options);
    }

    /// Exit scores so far that were infinite or NaN; they never fire.
    std::uint64_t non_finite_scores() const;
    /// What the gates of the model decided so far, by rising sites; nothing of gates whose tau is 0 or 1, which decide
    /// nothing. Empty without gates.
    std::vector<GateCount> gates() const;
    /// Bytes of activations and scratch memory that each call at a time takes, and that are kept for later ones.
    std::size_t arena_bytes() const;
    /// Memory that the session takes, with that for one call at a time.
    MemoryUse memory_use() const;

private:
    std::vector<Prediction> classify_samples(const std::vector<Sample>& samples,
                                             const ClassifyOptions& options);

    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace dyce
