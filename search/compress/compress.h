// Makes a network small: fewer weights, trained to make up for the others, and fewer bits for each. One call at a time;
// it uses several threads.
#pragma once

#include "loaders/dataset/dataset.h"
#include "loaders/format/model_file.h"
#include "search/compress/factorise.h"
#include "search/compress/stored_form.h"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace dyce {

struct CompressOptions {
    std::uint64_t target_bytes = 0;  ///< of the file
    StoredNumbers store = StoredNumbers::kInt8;
    Factorise factorise = Factorise::kWhereCheap;
    bool for_time = false;  ///< factors only where they save time as well as bytes
    bool gradual = true;    ///< weights go little by little; else all at once, before the training
    int epochs = 20;
    std::int64_t batch = 128;
    double rate = 0.02;  ///< of SGD at its peak
    double alpha = 0.3;  ///< share of the labels beside the teacher's answers
    double temperature = 4;
    double max_drop = 0.02;  ///< of the accuracy; a quarter of it freezes a layer
    double holdout = 0.1;    ///< share of the images that judge, where there are no others for that
    std::uint64_t seed = 0;
    Precision precision = Precision::kFloat32;  ///< of the passes of training
    const Member* teacher = nullptr;            ///< null: the network itself as it was
    const Dataset* judges = nullptr;            ///< images to judge by; null: those held out
    std::string checkpoint;                     ///< file; empty: none
    bool resume = false;
    int threads = 0;  ///< 0 = all this process may use
    std::function<void(const std::string&)> notice = [](const std::string&) {};
};

struct CompressReport {
    /// What the model would be, were this the last step.
    struct Form {
        std::string name;
        ContainerSize size;
        double density = 1;        ///< share of the weights that are not zero
        std::size_t overhead = 0;  ///< bytes that say where weights belong (overhead.h)
        double accuracy = -1;      ///< of the images that judge; below 0: not measured
    };
    std::vector<Form> forms;  ///< the model as it was first, the result last
    std::vector<FactorisedLayer> factorised;
    std::vector<std::string> frozen;  ///< layers that were too fragile to lose more
    bool fits = true;                 ///< within the target
    double drop = 0;                  ///< of the accuracy, first to last
    std::int64_t images = 0, judged = 0, missing = 0, steps = 0;
    int returns = 0;  ///< how often the loss exploded, and the rate was halved
    double seconds = 0;
};

/// Replaces the only member of `model`, which has no heads and no set of configurations, by its compressed form.
/// `progress` is told what is counted, how many this call has done, and of how many. The same model, images, options and
/// number of threads give the same bytes. Throws Error{kUsage} for a target that no density reaches, Error{kContent}
/// when too few images can be read or a node cannot be trained, Error{kIo} for the checkpoint.
CompressReport compress(
    ModelData& model, const Dataset& images, const CompressOptions& options,
    const std::function<void(const char* what, std::int64_t done, std::int64_t all)>& progress);

}  // namespace dyce
