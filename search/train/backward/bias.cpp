#include "search/train/backward/bias.h"

namespace dyce::backward {

Buffer trained_bias(const OpCall& call, Tape& tape, const MemoryDesc& desc,
                    std::vector<Argument>& arguments) {
    if (call.inputs.size() <= 2) return {};
    const TrainedConstant bias = tape.trained(2, TrainedConstant::Role::kShift, desc, desc);
    arguments.push_back({DNNL_ARG_BIAS, {bias.buffer, desc}});
    return {bias.gradient, desc};
}

}  // namespace dyce::backward
