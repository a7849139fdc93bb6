#include "search/simulate/cost_table.h"

#include <dyce/error.h>

namespace dyce {

CostTable macs_table(const RecordMeta& meta) {
    CostTable table;
    for (const RecordedSite& position : meta.positions)
        table.backbone.push_back(static_cast<double>(position.macs));
    for (const RecordHead& head : meta.heads) table.heads.push_back(static_cast<double>(head.macs));
    return table;
}

CostTable macs_table(const Record& record) {
    CostTable table = macs_table(record.meta);
    if (record.paid.empty()) return table;
    table.all_open = table.base();
    for (std::size_t p = 0; p < table.backbone.size(); ++p) {
        double sum = 0;
        for (const std::int64_t paid : record.paid_at(p)) sum += static_cast<double>(paid);
        table.backbone[p] = sum / static_cast<double>(record.images);
    }
    return table;
}

void refuse_gates(const RecordMeta& meta, const std::string& path) {
    if (meta.has_gates())
        throw Error(ErrorCode::kUsage, path,
                    "says what stages cost, but not which ones the gates of the record's model let an "
                    "image skip; its multiply-adds, the default, are exact");
}

}  // namespace dyce
