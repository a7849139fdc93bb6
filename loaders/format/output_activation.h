// What the logits of a classifier mean. A value; stored with a model only where it is not the usual softmax.
#pragma once

#include <array>
#include <string>

namespace dyce {

enum class OutputActivation {
    kSoftmax,  ///< of the classes exactly one is right
    kSigmoid,  ///< labels are independent of one another
    kNone      ///< the values are the answer as they are
};

inline constexpr std::array<const char*, 3> kActivationNames{"softmax", "sigmoid", "none"};

inline std::string name_of(OutputActivation activation) {
    return kActivationNames[static_cast<std::size_t>(activation)];
}

}  // namespace dyce
