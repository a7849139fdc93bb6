// What --budget-macs, --budget-ms and --times say: what an image may cost at most. Functions.
#pragma once

#include "tools/cli/arguments.h"

#include <dyce/model.h>
#include <dyce/session.h>

#include <initializer_list>

namespace dyce {

inline const Option kBudgetMacsOption = {"budget-macs", "N",
                                         "multiply-adds that no image exceeds: each answers where the way to "
                                         "the next answer could not be paid; JSON "
                                         "tells: \"cut\" (no limit)"};
inline const Option kBudgetMsOption = {"budget-ms", "X",
                                       "the same in the milliseconds of --times, whatever the clock says"};
inline const Option kTimesOption = {"times", "FILE",
                                    "what stages and heads take: bench --segments --json, at batch 1"};

/// Whether one of the budgets is given.
bool has_budget(const Arguments& arguments);
/// Throws Error{kUsage} when one is beside an option that excludes it.
void exclude_budget(const Arguments& arguments, std::initializer_list<const char*> others);

/// The budgets of `options` as they are given. Throws Error{kUsage}, also when --budget-ms and --times are not
/// together.
void set_budget(const Arguments& arguments, ClassifyOptions& options);
/// The milliseconds of stages and heads at batch 1 in a document of `dyce bench --segments --json`. Throws Error{kIo},
/// Error{kContent} naming the field, and Error{kUsage} where it has none.
StageCosts read_stage_times(const std::string& path);
/// What --times holds, checked against the model; empty without it. Throws Error{kIo}, Error{kContent} naming the
/// field, and Error{kUsage} at the file when it is not one of this model.
StageCosts stage_times_of(const Arguments& arguments, const Model& model);

}  // namespace dyce
