#include "tools/verbs/verbs.h"

#include <array>

namespace dyce {

std::span<const Verb* const> all_verbs() {
    static constexpr std::array kVerbs = {&kConvert,  &kInspect,  &kClassify, &kTrain, &kCascade,
                                          &kQuantize, &kCompress, &kRecord,   &kMerge, &kSearch,
                                          &kEval,     &kBench,    &kReport,   &kRun};
    return kVerbs;
}

}  // namespace dyce
