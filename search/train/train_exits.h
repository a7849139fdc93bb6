// From a network and labelled images to a network with trained exits: features once, then the heads on
// them. One call at a time; it uses several threads.
#pragma once

#include "loaders/dataset/dataset.h"
#include "loaders/format/model_file.h"
#include "search/train/group_trainer.h"

#include <functional>
#include <string>
#include <vector>

namespace dyce {

struct TrainExitsOptions {
    int passes = 3;        ///< over the images: one plain, others shifted and mirrored
    double holdout = 0.1;  ///< share of the images that no head trains on
    TrainingOptions training;
    std::string cache;       ///< folder for features; empty: a nameless file in `scratch`
    std::string scratch;     ///< folder for that file
    std::string checkpoint;  ///< file; empty: none
    bool resume = false;     ///< go on from the checkpoint, when it is there
    int threads = 0;         ///< 0 = all this process may use
    /// Told when a file that was kept is not used; one human-readable line.
    std::function<void(const std::string&)> notice = [](const std::string&) {};
};

struct TrainExitsReport {
    struct Head {
        int site;
        std::string type;
        std::int64_t macs;
        std::int64_t feed_macs;  ///< paid on the way by every image, for heads behind it
        HeadScore held_out;
    };
    std::vector<Head> heads;
    double classifier_accuracy = 0;  ///< of the network itself on the images held out
    std::int64_t images = 0, held_out = 0, missing = 0;
    std::int64_t feature_rows = 0;  ///< computed now, not found in the cache
    double feature_seconds = 0, training_seconds = 0;
};

/// The heads of these types at these sites, site by site; what does not fit is told to `notice`.
std::vector<HeadPlan> plan_heads(const Member& member, const std::vector<HeadType>& types,
                                 const std::vector<int>& sites,
                                 const std::function<void(const std::string&)>& notice);

/// Trains the heads and attaches them to `member`, as load_model() gave it. `progress` is told what is
/// counted ("features", "steps"), how many this call has done, and of how many.
/// Throws Error{kContent} when too few images can be read, Error{kIo} for cache and checkpoint.
TrainExitsReport train_exits(
    Member& member, const Dataset& images, const std::vector<HeadPlan>& heads,
    const TrainExitsOptions& options,
    const std::function<void(const char* what, std::int64_t done, std::int64_t all)>& progress);

}  // namespace dyce
