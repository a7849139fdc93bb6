#include "tools/cli/budget_options.h"

#include "runtime/session/model_access.h"
#include "runtime/session/supply_costs.h"
#include "search/simulate/bench_document.h"
#include "search/simulate/cost_table.h"

#include <dyce/error.h>

#include <cstdint>
#include <string>

namespace dyce {
namespace {

constexpr std::int64_t kMostBudgetMacs = 1'000'000'000'000'000'000;
constexpr double kMostBudgetMs = 1e12;

}  // namespace

bool has_budget(const Arguments& arguments) {
    return arguments.has("budget-macs") || arguments.has("budget-ms");
}

void exclude_budget(const Arguments& arguments, std::initializer_list<const char*> others) {
    for (const char* budget : {"budget-macs", "budget-ms"})
        for (const char* other : others)
            if (arguments.has(budget) && arguments.has(other))
                throw Error(ErrorCode::kUsage, std::string("--") + budget,
                            std::string("excludes --") + other);
}

void set_budget(const Arguments& arguments, ClassifyOptions& options) {
    options.budget_macs = arguments.integer("budget-macs", 0, 1, kMostBudgetMacs);
    options.budget_ms = arguments.real("budget-ms", 0, 0, kMostBudgetMs);
    if (arguments.has("budget-ms") && !(options.budget_ms > 0))
        throw Error(ErrorCode::kUsage, "--budget-ms", "0 given, expected more");
    if (arguments.has("budget-ms") != arguments.has("times"))
        throw Error(ErrorCode::kUsage, arguments.has("times") ? "--times" : "--budget-ms",
                    arguments.has("times") ? "needs --budget-ms"
                                           : "needs --times: make it with dyce bench --segments --json");
}

StageCosts read_stage_times(const std::string& path) {
    const Json document = read_json(path, kMaxCostFile);
    return read_stage_costs(single_image_stages(document, path), [](const JsonField& row, bool is_head) {
        return measured_cost(JsonFields(row)[is_head ? "ms" : "segment_ms"]);
    });
}

StageCosts stage_times_of(const Arguments& arguments, const Model& model) {
    const auto path = arguments.text("times");
    if (!path) return {};
    StageCosts times = read_stage_times(*path);
    supply_costs(times, ModelAccess::data(model)->positions(), *path);
    return times;
}

}  // namespace dyce
