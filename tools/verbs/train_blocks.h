// --drop-blocks of `dyce train --fine-tune`: a network that goes on without some of its blocks. Functions.
#pragma once

#include "search/train/network/train_network.h"
#include "tools/cli/arguments.h"

#include <functional>
#include <string>

namespace dyce {

inline const Option kDropBlocksOption = {"drop-blocks", "auto:T|4,7",
                                         "fine-tuning: without these blocks (numbered as the sites that they "
                                         "end at), or without those that are missed least "
                                         "till a share T of the multiply-adds is left"};

/// Makes the training begin with the network without its blocks, where the option is given. Throws Error{kUsage} for a
/// share outside (0, 1], and for blocks of `member` that cannot be dropped.
void take_dropped_blocks(const Arguments& arguments, const Member& member, TrainNetworkOptions& options,
                         const std::function<void(const std::string&)>& notice);

}  // namespace dyce
