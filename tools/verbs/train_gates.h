// --gates of `dyce train --fine-tune`, and --strip of `dyce train`. Functions.
#pragma once

#include "search/train/network/train_network.h"
#include "tools/cli/arguments.h"

#include <cstdint>
#include <string>

namespace dyce {

inline const Option kGatesOption = {"gates", "ff16",
                                    "fine-tuning: with gates before all blocks that can be skipped, which "
                                    "decide for each image whether the block runs"};
inline const Option kTargetOption = {
    "target", "T",
    "with --gates: share of the network's multiply-adds, gates included, that is to run on average"};
inline const Option kGateCostOption = {"gate-cost", "BENCH.json",
                                       "with --gates: --target is a share of what its stages took, measured "
                                       "by bench --segments --json at batch 1 on a model "
                                       "with gates or exits at the same sites"};
inline const Option kStripOption = {
    "strip", "gates|heads", "no training: MODEL without its gates, or without all other heads, as OUT"};

/// Puts gates into `member`, in place of those that it has, and sets what is to be trained, where the option is given.
/// Throws Error{kUsage} where it is not and the member has gates, for targets out of reach, and where no block can be
/// skipped.
void take_gates(const Arguments& arguments, const std::string& source, Member& member,
                TrainNetworkOptions& options);

/// `dyce train MODEL --strip gates|heads -o OUT`.
int strip_model(const Arguments& arguments);

}  // namespace dyce
