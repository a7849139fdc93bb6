// The story of a training as a table: a row per epoch, on disk as soon as the epoch is over. One thread.
#pragma once

#include "search/train/network/network_trainer.h"

#include <cstdint>
#include <fstream>
#include <string>
#include <vector>

namespace dyce {

class TrainingLog {
public:
    /// Begins the file anew, or with `resume` goes on where it ends; an empty path keeps nothing.
    /// Throws Error{kIo}.
    TrainingLog(const std::string& path, bool resume);

    bool is_kept() const { return file_.is_open(); }
    void add(const NetworkTrainer::Seen& seen, std::int64_t images);
    /// `accuracy`: of the classifier, then of the exits, on the images held out; may be empty.
    void end_epoch(std::int64_t epoch, std::int64_t step, double rate, double seconds,
                   const std::vector<double>& accuracy);

private:
    std::string path_;
    std::ofstream file_;
    double loss_ = 0;
    std::int64_t correct_ = 0, images_ = 0;
};

}  // namespace dyce
