#include "tools/progress/kept_options.h"

#include "tools/cli/output_paths.h"

#include <dyce/error.h>

namespace dyce {

void check_kept_options(const Arguments& arguments) {
    for (const char* option : {"output", "durability", "progress-every"})
        if (arguments.has(option) && !arguments.has("progress"))
            throw Error(ErrorCode::kUsage, std::string("--") + option, "needs --progress");
    if (!arguments.has("progress")) return;
    if (!arguments.has("output"))
        throw Error(ErrorCode::kUsage, "--progress",
                    "needs --output: answers on stdout cannot be cut back to where the work goes on");
    // Answers that depend on the time are others when the work is done again; workers have no common place; what rows
    // have left of a budget is not kept.
    for (const char* other : {"deadline-ms", "budget-macs", "budget-ms", "workers", "per-image", "records"})
        if (arguments.has(other))
            throw Error(ErrorCode::kUsage, "--progress", std::string("excludes --") + other);
    check_outputs(arguments, {{"output"}, {"progress"}}, {"data", "config", "labels", "files0-from"});
}

KeptRunOptions kept_run_options(const Arguments& arguments, int topk, const std::string& settings) {
    KeptRunOptions options;
    options.progress = *arguments.text("progress");
    options.output = *arguments.text("output");
    const bool keeps_power = arguments.choice("durability", "process", {"process", "power"}) == "power";
    options.durability = keeps_power ? Durability::kPower : Durability::kProcess;
    const std::string every = arguments.text("progress-every", keeps_power ? "image" : "stage");
    options.every =
        every == "stage" ? 0
        : every == "image"
            ? 1
            : static_cast<std::size_t>(parse_integer(every, "--progress-every", 1, 1'000'000'000));
    options.topk = topk;
    options.settings = settings;
    return options;
}

}  // namespace dyce
