// The cost file of the published tool.
#include "loaders/format/json.h"
#include "runtime/core/text.h"
#include "search/record/record_meta.h"
#include "search/simulate/cost_table.h"

#include <dyce/error.h>

#include <algorithm>

namespace dyce {
namespace {}  // namespace

RecordMeta read_published_costs(const std::string& path) {
    const Json document = read_json(path, kMaxCostFile);
    JsonFields fields({document, path});
    JsonFields backbone(fields["backbone"]);
    const JsonField upto = backbone["macs"];
    RecordMeta meta;
    std::int64_t last = 0;
    for (std::size_t p = 0; p < upto.size(); ++p) {
        const bool final = p + 1 == upto.size();
        last = upto[p].integer(last, kMaxRecordMacs);
        const int site = final ? -1 : static_cast<int>(p);
        meta.positions.push_back({0, site, final ? "final" : "site " + std::to_string(p), last});
    }
    if (last == 0) upto.fail("the backbone's multiply-adds up to each site, and in all");
    backbone["ori_macs"].integer(last, last);

    const JsonField heads = fields["head"];
    for (std::size_t t = 0; t < heads.size(); ++t) {
        JsonFields head(heads[t]);
        const JsonField name = head["name"];
        if (std::find(meta.types.begin(), meta.types.end(), name.text()) != meta.types.end() ||
            name.text() == "final" || !is_printable_utf8(name.text()))
            name.fail("a printable name that is not taken");
        meta.types.push_back(name.text());
        const JsonField macs = head["macs"];
        if (macs.size() != meta.positions.size())
            macs.fail("an array of " + std::to_string(meta.positions.size()) + " integers");
        for (std::size_t p = 0; p < meta.final_position(); ++p)
            meta.heads.push_back(
                {static_cast<int>(p), static_cast<int>(t), macs[p].integer(0, kMaxRecordMacs)});
    }
    std::sort(meta.heads.begin(), meta.heads.end(), [](const RecordHead& a, const RecordHead& b) {
        return std::pair(a.position, a.type) < std::pair(b.position, b.type);
    });
    meta.heads.push_back({static_cast<int>(meta.final_position()), RecordHead::kFinal, 0});
    return meta;
}

CostTable published_table(const std::string& path, const RecordMeta& meta) {
    refuse_gates(meta, path);
    const RecordMeta told = read_published_costs(path);
    const auto fail = [&](const std::string& message) { throw Error(ErrorCode::kContent, path, message); };
    if (told.positions.size() != meta.positions.size() || meta.positions.back().member != 0)
        fail("has " + std::to_string(told.final_position()) + " sites of one model, the record has " +
             std::to_string(meta.final_position()) + " of " +
             std::to_string(meta.positions.back().member + 1));
    const CostTable all = macs_table(told);
    CostTable table;
    table.backbone = all.backbone;
    for (const RecordHead& head : meta.heads) {
        const std::string type = meta.type_name(head);
        const auto found = std::find_if(told.heads.begin(), told.heads.end(), [&](const RecordHead& other) {
            return other.position == head.position && told.type_name(other) == type;
        });
        if (found == told.heads.end()) fail("has no head \"" + type + "\"");
        table.heads.push_back(all.heads[static_cast<std::size_t>(found - told.heads.begin())]);
    }
    return table;
}

}  // namespace dyce
