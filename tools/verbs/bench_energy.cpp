#include "tools/verbs/bench_energy.h"

#include "runtime/session/model_access.h"
#include "tools/bench/energy_trace.h"
#include "tools/bench/prepared_images.h"
#include "tools/cli/inputs.h"

#include <dyce/error.h>

#include <cstdio>
#include <iostream>

namespace dyce {

int bench_energy(const Arguments& arguments, const Model& model) {
    for (const char* other : {"batch", "workers", "duration", "segments", "switch", "decode"})
        if (arguments.has(other))
            throw Error(ErrorCode::kUsage, "--energy-trace", std::string("excludes --") + other);
    const EnergyTrace setting = parse_energy_trace(*arguments.text("energy-trace"));
    if (!arguments.has("data"))
        throw Error(ErrorCode::kUsage, "--data", "is missing: the trace is replayed with images");
    const ModelData& data = *ModelAccess::data(model);
    const std::int64_t limit = arguments.integer("limit", 1000, 1, 1'000'000);
    const auto images = load_spread(*arguments.text("data"), data, limit);
    const auto labels = spread_labels(*arguments.text("data"), data, limit);
    const SessionOptions options =
        session_options(arguments, {.threads = static_cast<int>(arguments.integer("threads", 1, 1, 1024))});
    std::vector<Configuration> configurations;
    for (const std::string& text : arguments.list("config"))
        configurations.push_back(named_configuration(text, model));
    if (configurations.empty()) configurations.emplace_back();

    nlohmann::ordered_json document = {{"schema", "dyce.bench/1"},
                                       {"results", nlohmann::ordered_json::array()}};
    for (const Configuration& configuration : configurations)
        document["results"].push_back(replay_energy(model, options, configuration, images, labels, setting));
    if (arguments.has("json")) {
        std::cout << document.dump(2) << "\n";
        return 0;
    }
    for (const auto& result : document["results"]) {
        const auto& row = result["energy"];
        std::printf(
            "%s: %zu of %zu images answered, %zu cut, %zu waiting; %.6g J harvested, %.6g J spent in %.6g "
            "s\n",
            row["configuration"].get<std::string>().c_str(), row["answered"].get<std::size_t>(),
            row["images"].get<std::size_t>(), row["cut"].get<std::size_t>(),
            row["waiting"].get<std::size_t>(), row["harvested_j"].get<double>(), row["spent_j"].get<double>(),
            row["seconds"].get<double>());
        if (!row["accuracy"].is_null())
            std::printf("  %.2f %% right, mean exit %.3f\n", 100 * row["accuracy"].get<double>(),
                        row["mean_exit"].get<double>());
    }
    return 0;
}

}  // namespace dyce
