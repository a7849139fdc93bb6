// How a network learned: the log of dyce train, read and drawn. Pure functions but for the file.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace dyce {

/// One epoch. Shares of images that were right: while training, then of the classifier and of each exit on
/// the images held out; these are empty without such images.
struct TrainingEpoch {
    double epoch, loss, train_accuracy, seconds;
    std::vector<double> accuracy;
    std::optional<double>
        run;  ///< share of the multiply-adds that ran on the images held out, of networks with gates
};

/// Throws Error{kIo}, and Error{kContent} naming the line and the column.
std::vector<TrainingEpoch> read_training_log(const std::string& path);

/// The section of a page.
std::string training_section(const std::string& path, const std::vector<TrainingEpoch>& epochs);

}  // namespace dyce
