// Classifies pictures with a model. One Session serves one thread at a time; several Sessions may share
// one Model.
#pragma once

#include <dyce/export.h>
#include <dyce/image.h>
#include <dyce/model.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace dyce {

struct SessionOptions {
    int threads = 0;    ///< compute threads; 0 = all this process may use
    int max_batch = 1;  ///< pictures computed together at most
};

/// The answer for one picture.
struct Prediction {
    std::vector<int> index;           ///< the best classes, surest first
    std::vector<std::string> label;   ///< their names (decimal class index when the model has none)
    std::vector<float> prob;          ///< their softmax probabilities
    int member = 0;                   ///< which network of a cascade answered
    int exit_site = 0;                ///< site it left at; the number of sites = the final exit
    std::string exit_type = "final";  ///< head it left by
    float score = 0;                  ///< score of that exit
    std::int64_t macs = 0;            ///< multiply-adds paid
    double latency_us = 0;            ///< decoded picture to answer, in its batch
    std::string configuration = "off";
    std::uint64_t generation = 0;
    std::string error;  ///< why this picture has no answer; empty when it has one
};

class DYCE_API Session {
public:
    /// Compiles the model. Throws Error{kUsage} on bad options, Error{kResource} when memory is short.
    explicit Session(const Model& model, const SessionOptions& options = {});
    ~Session();
    Session(Session&&) noexcept;
    Session& operator=(Session&&) noexcept;

    /// Throws Error{kContent} when the picture does not fit the preprocessing or its logits are not finite.
    Prediction classify(const Image& image, int topk = 5);
    /// Many pictures, computed in batches of up to max_batch. A picture that fails has its `error` set;
    /// the others are answered.
    std::vector<Prediction> classify(const std::vector<Image>& images, int topk = 5);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace dyce
