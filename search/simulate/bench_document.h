// What `dyce bench --segments --json` measured, as it stands in its document. Pure.
#pragma once

#include "loaders/format/json.h"

#include <dyce/policy.h>

#include <functional>
#include <optional>
#include <string>

namespace dyce {

/// The segments of the first result that is wanted and has some; empty where there is none. `document`, read from
/// `path`, outlives them. Throws Error{kContent} naming the field where it is no document of `dyce bench`.
std::optional<JsonField> find_stages(const Json& document, const std::string& path,
                                     const std::function<bool(JsonFields& result)>& is_wanted);

/// The segments of the first result at batch 1. Throws as find_stages() does, and Error{kUsage} where there are none.
JsonField single_image_stages(const Json& document, const std::string& path);

/// What segments cost, each as `cost_of` reads it in its row: a stage's, or a head's. Throws what that throws, and
/// Error{kContent} naming the field where sites do not rise or something is missing.
StageCosts read_stage_costs(const JsonField& stages,
                            const std::function<double(const JsonField& row, bool is_head)>& cost_of);

/// A number, not negative. Throws Error{kContent}.
double measured_cost(const JsonField& field);

}  // namespace dyce
