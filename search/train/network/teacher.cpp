#include "search/train/network/teacher.h"

#include <dyce/error.h>

#include <algorithm>

namespace dyce {
namespace {

[[noreturn]] void fail(const std::string& message) { throw Error(ErrorCode::kUsage, "--teacher", message); }

std::int64_t classes_of(const Member& member) {
    return infer_types(member.graph)[static_cast<std::size_t>(member.graph.outputs[0])].shape[1];
}

std::vector<int> exit_outputs(const Member& member) {
    std::vector<int> outputs;
    for (const ExitHead& head : member.exits.heads)
        if (head.role == HeadRole::kExit) outputs.push_back(head.output);
    return outputs;
}

std::vector<int> match_outputs(const Member& teacher, const Member& student) {
    const std::vector<int> theirs = exit_outputs(teacher), ours = exit_outputs(student);
    if (!theirs.empty() && !ours.empty() && theirs.size() != ours.size())
        fail("has " + std::to_string(theirs.size()) + " exits, expected " + std::to_string(ours.size()) +
             " as the student has, or none");
    std::vector<int> outputs(student.graph.outputs.size(), 0);
    for (std::size_t i = 0; i < std::min(theirs.size(), ours.size()); ++i)
        outputs[static_cast<std::size_t>(ours[i])] = theirs[i];
    return outputs;
}

}  // namespace

Teacher::Teacher(const Member& teacher, const Member& student, std::int64_t batch, int threads,
                 Precision precision)
    : executor_(CompiledModel::compile(
          teacher.graph, {.max_batch = static_cast<int>(batch), .threads = threads, .precision = precision})),
      images_(DataType::kFloat32,
              {batch, student.preprocess.channels, student.preprocess.height, student.preprocess.width}),
      outputs_(match_outputs(teacher, student)) {
    if (teacher.preprocess != student.preprocess) fail("prepares its images differently");
    if (classes_of(teacher) != classes_of(student))
        fail("knows " + std::to_string(classes_of(teacher)) + " classes, expected " +
             std::to_string(classes_of(student)));
}

void Teacher::answer(std::span<const float> images) {
    std::copy(images.begin(), images.end(), images_.mutable_data<float>());
    answers_ = executor_.run({images_});
}

std::span<const float> Teacher::logits(int i) const {
    const Tensor& answer = answers_[static_cast<std::size_t>(outputs_[static_cast<std::size_t>(i)])];
    return {answer.data<float>(), static_cast<std::size_t>(answer.elements())};
}

}  // namespace dyce
