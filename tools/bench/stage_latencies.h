// dyce bench --segments: what each stage between exit sites takes, and each head.
#pragma once

#include "loaders/format/model_file.h"
#include "tools/bench/setting.h"

#include <nlohmann/json.hpp>

namespace dyce {

/// Medians in milliseconds of whole batches: [{"site", "segment_ms", "heads": [{"type", "ms"}]}] by position,
/// where a stage ends: at heads, at gates, behind the blocks that gates may skip, and at the final exit. A segment reaches from
/// the row before to its own position, all gates open, and asks the gate there.
nlohmann::ordered_json bench_stages(const ModelData& model, const BenchSetting& setting);

}  // namespace dyce
