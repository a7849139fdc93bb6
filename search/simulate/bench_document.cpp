#include "search/simulate/bench_document.h"

#include <dyce/error.h>

#include <cmath>

namespace dyce {

std::optional<JsonField> find_stages(const Json& document, const std::string& path,
                                     const std::function<bool(JsonFields& result)>& is_wanted) {
    JsonFields fields({document, path});
    const JsonField schema = fields["schema"];
    if (schema.text() != "dyce.bench/1") schema.fail("\"dyce.bench/1\"");
    const JsonField results = fields["results"];
    for (std::size_t i = 0; i < results.size(); ++i) {
        JsonFields result(results[i]);
        if (!is_wanted(result)) continue;
        JsonField stages = result["segments"];
        if (!stages.json().is_null()) return stages;
    }
    return {};
}

JsonField single_image_stages(const Json& document, const std::string& path) {
    const auto stages =
        find_stages(document, path, [](JsonFields& result) { return result["batch"].integer(1) == 1; });
    if (stages) return *stages;
    throw Error(ErrorCode::kUsage, path,
                "no segments measured at batch 1; make them with dyce bench --segments --json");
}

StageCosts read_stage_costs(const JsonField& stages,
                            const std::function<double(const JsonField& row, bool is_head)>& cost_of) {
    StageCosts costs;
    int last = -1;
    for (std::size_t i = 0; i < stages.size(); ++i) {
        JsonFields fields(stages[i]);
        const JsonField site = fields["site"];
        StageCosts::Stage stage;
        stage.site = static_cast<int>(site.integer(0, 1'000'000));
        if (stage.site <= last) site.fail("rising sites");
        last = stage.site;
        stage.cost = cost_of(stages[i], false);
        const JsonField heads = fields["heads"];
        for (std::size_t h = 0; h < heads.size(); ++h)
            stage.heads.push_back({JsonFields(heads[h])["type"].text(), cost_of(heads[h], true)});
        costs.stages.push_back(std::move(stage));
    }
    return costs;
}

double measured_cost(const JsonField& field) {
    const double value = field.real();
    if (!(value >= 0) || !std::isfinite(value)) field.fail("a number, not negative");
    return value;
}

}  // namespace dyce
