// Costs that `dyce bench --segments --json` measured.
#include "search/simulate/bench_document.h"
#include "search/simulate/cost_table.h"

#include <dyce/error.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

namespace dyce {
namespace {

double milliseconds(const JsonField& field) {
    const double value = field.real();
    if (!(value >= 0) || !std::isfinite(value)) field.fail("milliseconds, not negative");
    return value;
}

// What was measured of the whole batch, by position, and by position and type.
struct Measured {
    std::map<std::int64_t, double> stages;
    std::map<std::pair<std::int64_t, std::string>, double> heads;
};

Measured read_stages(const JsonField& stages, std::int64_t last_position) {
    Measured measured;
    for (std::size_t i = 0; i < stages.size(); ++i) {
        JsonFields fields(stages[i]);
        const JsonField site = fields["site"];
        const std::int64_t position = site.integer(0, last_position);
        if (!measured.stages.emplace(position, milliseconds(fields["segment_ms"])).second)
            site.fail("each site once");
        const JsonField heads = fields["heads"];
        for (std::size_t h = 0; h < heads.size(); ++h) {
            JsonFields head(heads[h]);
            const JsonField type = head["type"];
            if (!measured.heads.emplace(std::pair(position, type.text()), milliseconds(head["ms"])).second)
                type.fail("each type once");
        }
    }
    return measured;
}

// Nobody leaves at a position without heads, so no segment ends there: the next one measured reaches over it.
bool has_heads(const RecordMeta& meta, std::size_t position) {
    return std::any_of(meta.heads.begin(), meta.heads.end(), [position](const RecordHead& head) {
        return head.position == static_cast<int>(position);
    });
}

CostTable make_table(const Measured& measured, double batch, const RecordMeta& meta,
                     const std::string& where) {
    CostTable table;
    table.unit = "ms";
    double member = 0;
    for (std::size_t p = 0; p < meta.positions.size(); ++p) {
        const auto stage = measured.stages.find(static_cast<std::int64_t>(p));
        if (stage != measured.stages.end())
            member += stage->second / batch;
        else if (has_heads(meta, p))
            throw Error(ErrorCode::kContent, where, "has no site " + std::to_string(p));
        table.backbone.push_back(member);
        if (meta.positions[p].site < 0) member = 0;
    }
    if (!(table.base() > 0)) throw Error(ErrorCode::kContent, where, "the backbone takes no time");
    for (const RecordHead& head : meta.heads) {
        const auto found = measured.heads.find({head.position, meta.type_name(head)});
        const bool is_classifier = meta.positions[static_cast<std::size_t>(head.position)].site < 0;
        if (found == measured.heads.end() && !is_classifier)
            throw Error(
                ErrorCode::kContent, where,
                "has no head \"" + meta.type_name(head) + "\" at site " + std::to_string(head.position));
        table.heads.push_back(is_classifier ? 0 : found->second / batch);
    }
    return table;
}

}  // namespace

CostTable latency_table(const std::string& path, const LatencySelection& selection, const RecordMeta& meta) {
    refuse_gates(meta, path);
    const Json document = read_json(path, kMaxCostFile);
    const auto stages = find_stages(document, path, [&](JsonFields& result) {
        const std::int64_t threads = result["threads"].integer(1);
        return result["batch"].integer(1) == selection.batch &&
               (selection.threads == 0 || threads == selection.threads);
    });
    if (stages) {
        const auto last_position = static_cast<std::int64_t>(meta.final_position());
        return make_table(read_stages(*stages, last_position), static_cast<double>(selection.batch), meta,
                          stages->where());
    }
    throw Error(ErrorCode::kUsage, path,
                "no segments measured at batch " + std::to_string(selection.batch) +
                    (selection.threads == 0 ? "" : ", threads " + std::to_string(selection.threads)) +
                    "; make them with dyce bench --segments --json");
}

}  // namespace dyce
