// How far training has come, on disk, so that it goes on as if it had never stopped. One thread.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace dyce {

/// All numbers that change from step to step, part by part.
using TrainingState = std::vector<std::span<float>>;

class Checkpoint {
public:
    /// `key`: everything the training depends on. An empty path keeps nothing.
    Checkpoint(std::string path, const std::string& key);

    bool is_kept() const { return !path_.empty(); }
    /// Brings the state back to where the file left it and returns the step to go on with; 0, and the state
    /// as it was, when there is no file. Throws Error{kContent} when it is damaged or belongs to another
    /// training.
    std::int64_t load(const TrainingState& state) const;
    /// Replaces the file atomically. Throws Error{kIo}.
    void save(const TrainingState& state, std::int64_t step) const;

private:
    std::string path_;
    std::string header_;
};

}  // namespace dyce
