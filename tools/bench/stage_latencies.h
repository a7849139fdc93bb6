// dyce bench --segments: what each stage between exit sites takes, and each head.
#pragma once

#include "loaders/format/model_file.h"
#include "tools/bench/setting.h"

#include <nlohmann/json.hpp>

namespace dyce {

/// Medians in milliseconds of whole batches: [{"site", "segment_ms", "heads": [{"type", "ms"}]}] by position,
/// those without heads left out, the final exit last. A segment reaches from the position before to its own.
nlohmann::ordered_json bench_stages(const ModelData& model, const BenchSetting& setting);

}  // namespace dyce
