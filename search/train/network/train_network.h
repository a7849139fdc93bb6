// Trains a whole network, backbone and exits together, on labelled images. One call at a time; it uses
// several threads.
#pragma once

#include "loaders/dataset/dataset.h"
#include "loaders/format/model_file.h"
#include "search/train/network/image_store.h"
#include "search/train/network/network_trainer.h"
#include "search/train/network/split_images.h"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace dyce {

using TrainingProgress = std::function<void(const char* what, std::int64_t done, std::int64_t all)>;

struct TrainNetworkOptions {
    int epochs = 40;
    std::int64_t batch = 128;
    double holdout = 0.1;  ///< share of the images that take no part
    std::uint64_t seed = 0;
    OptimiserOptions optimiser;
    AugmentOptions augment;
    const Member* teacher = nullptr;  ///< for optimiser.distill; outlives the call
    std::string checkpoint;           ///< file; empty: none
    /// Go on from the checkpoint, when it is there. It may have been made with fewer epochs: from there on
    /// the rate follows the longer schedule.
    bool resume = false;
    std::string log;  ///< .csv file, a row per epoch; empty: none
    /// Puts batch norms where convolutions have none (add_live_norms()); they are folded at the end.
    bool live_norms = false;
    int threads = 0;  ///< 0 = all this process may use
    /// Of a network with gates: the share of its cost, that of the gates included, that is to run on average.
    std::optional<double> gate_target = {};
    std::vector<double> gate_costs =
        {};  ///< what stages cost, as gated_cost() takes it; empty: multiply-adds
    /// Of a network with gates, after each step: the share that ran.
    std::function<void(double share)> tell_run = [](double) {};
    /// Changes the network once its images are read, before it is trained: what it does must follow from member,
    /// images and seed. The checkpoint belongs to the network as it is then.
    std::function<void(Member&, const ImageStore&, const ImageSplit&, int threads, const TrainingProgress&)>
        prepare;
};

struct TrainNetworkReport {
    /// One for each output of the graph: the classifier, then the exits as the table lists them.
    std::vector<double>
        accuracy;  ///< on the images held out; empty when there are none; of gates: how often they run
    std::optional<double> run;  ///< of a network with gates: the share of its cost that runs on those
    const char* run_unit = "multiply-adds";  ///< of that cost, in messages
    std::int64_t images = 0, held_out = 0, missing = 0;
    std::int64_t steps = 0;  ///< taken by this call
    int returns = 0;         ///< how often the loss exploded, and the rate was halved
    double seconds = 0;      ///< of those steps, without reading images and judging
};

/// Trains `member`, whose graph is as start_network() or a model file has it, and brings it into the form
/// that a model file stores. `progress` is told what is counted, how many this call has done, and of how
/// many. The same seed, images, options and number of threads give the same bytes. Throws Error{kContent}
/// when too few images can be read or a node cannot be trained, Error{kIo} for checkpoint and log.
TrainNetworkReport train_network(Member& member, const Dataset& images, const TrainNetworkOptions& options,
                                 const TrainingProgress& progress);

}  // namespace dyce
