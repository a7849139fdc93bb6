// A trained network that answers the images of a minibatch for another to learn from. One thread at a time.
#pragma once

#include "loaders/format/model_file.h"
#include "runtime/exec/executor.h"

#include <span>
#include <vector>

namespace dyce {

class Teacher {
public:
    /// Exit by exit where `teacher` has as many exits as `student`; where it has none, its classifier teaches
    /// them all. Throws Error{kUsage} when exits, classes or preprocessing do not fit.
    Teacher(const Member& teacher, const Member& student, std::int64_t batch, int threads,
            Precision precision = Precision::kFloat32);

    /// Answers prepared images, batch x 3 x height x width.
    void answer(std::span<const float> images);
    /// Its logits for the student's output `i`, a row per image; those of the last answer().
    std::span<const float> logits(int i) const;

private:
    Executor executor_;
    Tensor images_;
    std::vector<int> outputs_;  // the teacher's, per output of the student
    std::vector<Tensor> answers_;
};

}  // namespace dyce
