// What `dyce bench --segments --json` measured, as it stands in its document. Pure.
#pragma once

#include "loaders/format/json.h"

#include <functional>
#include <optional>
#include <string>

namespace dyce {

/// The segments of the first result that is wanted and has some; empty where there is none. `document`, read from
/// `path`, outlives them. Throws Error{kContent} naming the field where it is no document of `dyce bench`.
std::optional<JsonField> find_stages(const Json& document, const std::string& path,
                                     const std::function<bool(JsonFields& result)>& is_wanted);

}  // namespace dyce
