#include "search/simulate/cost_table.h"

namespace dyce {

CostTable macs_table(const RecordMeta& meta) {
    CostTable table;
    for (const RecordedSite& position : meta.positions)
        table.backbone.push_back(static_cast<double>(position.macs));
    for (const RecordHead& head : meta.heads) table.heads.push_back(static_cast<double>(head.macs));
    return table;
}

}  // namespace dyce
