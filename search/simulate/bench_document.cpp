#include "search/simulate/bench_document.h"

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

}  // namespace dyce
