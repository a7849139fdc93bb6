// The story of a training as a table: a row per epoch, on disk as soon as the epoch is over. One thread.
#pragma once

#include "graph/exits/exits.h"
#include "search/train/network/network_trainer.h"

#include <cstdint>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

namespace dyce {

class TrainingLog {
public:
    /// Begins the file anew, or with `resume` goes on where it ends; an empty path keeps nothing.
    /// `gated`: with a column for the share of the multiply-adds that runs. Throws Error{kIo}.
    TrainingLog(const std::string& path, bool resume, bool gated);

    bool is_kept() const { return file_.is_open(); }
    void add(const NetworkTrainer::Seen& seen, std::int64_t images);
    /// `accuracy`: of the graph's outputs, the classifier and `exits`, on the images held out; may be empty. `run`: the
    /// share of the multiply-adds that ran on those, where gates decide.
    void end_epoch(std::int64_t epoch, std::int64_t step, double rate, double seconds, const ExitTable& exits,
                   const std::vector<double>& accuracy, std::optional<double> run);

private:
    std::string path_;
    std::ofstream file_;
    bool gated_ = false;
    double loss_ = 0;
    std::int64_t correct_ = 0, images_ = 0;
};

}  // namespace dyce
