// How far training has come, on disk, so that it goes on as if it had never stopped. One thread.
#pragma once

#include "search/train/head_trainer.h"

#include <string>
#include <vector>

namespace dyce {

class Checkpoint {
public:
    /// `key`: everything the training depends on. An empty path keeps nothing.
    Checkpoint(std::string path, const std::string& key);

    /// Brings the heads back to where the file left them and returns the step to go on with; 0 when there is
    /// no file. Throws Error{kContent} when it is damaged or belongs to another training.
    std::int64_t load(std::vector<HeadTrainer>& heads) const;
    /// Replaces the file atomically. Throws Error{kIo}.
    void save(std::vector<HeadTrainer>& heads, std::int64_t step) const;

private:
    std::string path_;
    std::string header_;
};

}  // namespace dyce
