// dyce bench --config: what configurations save, in multiply-adds and in time.
#pragma once

#include "tools/bench/prepared_images.h"
#include "tools/bench/setting.h"

#include <dyce/configuration.h>
#include <dyce/model.h>

#include <nlohmann/json.hpp>
#include <vector>

namespace dyce {

/// Times whole batches of `images` with exits off and under each of `configurations`, these within the budgets of
/// `setting`, in alternation, for
/// `seconds` each and at least once through all images; those that fill no batch are left out. A row of
/// dyce.bench/1 for each, exits off first, with "configuration", "images" (timed in one pass), "macs" (mean
/// of an image), "exit_share", under a budget "max_macs" and the share that it cut, and the shares of multiply-adds and of time that it saves: "mac_saving",
/// "time_saving". Throws Error{kUsage} when the images do not fill a batch, or as Engine does.
nlohmann::ordered_json bench_configurations(const Model& model, const PreparedImages& images,
                                            const std::vector<Configuration>& configurations,
                                            const BenchSetting& setting);

}  // namespace dyce
