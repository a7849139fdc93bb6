// dyce bench --switch: what switching between configurations takes, and takes away.
#pragma once

#include "tools/bench/setting.h"

#include <dyce/configuration.h>
#include <dyce/image.h>
#include <dyce/model.h>

#include <nlohmann/json.hpp>
#include <vector>

namespace dyce {

/// Times whole batches of `images`, `seconds` each without switching and with 1,000 switches per second by
/// another thread, in alternation. Without switching `configurations` (none: exits off) take turns; switches
/// go to any of them at random, so that both see the same mixture. A row of dyce.bench/1, of the batches
/// without switching, with "switch": {"count", "per_second", "median_us" and "p99_us" of
/// Session::set_configuration, "batches": the row's figures of the batches meanwhile, "p99_ratio": their p99
/// to the row's}. Throws Error{kUsage} when the images do not fill a batch, or as Session does.
nlohmann::ordered_json bench_switching(const Model& model, const std::vector<Image>& images,
                                       std::vector<Configuration> configurations,
                                       const BenchSetting& setting);

}  // namespace dyce
