#include "search/simulate/image_macs.h"

#include "graph/exits/path_cost.h"

namespace dyce {

ImageMacs::ImageMacs(const Record& record, const Choices& choices) : record_(record) {
    const bool varies = !record.paid.empty();
    PathCost<std::int64_t> cost;
    std::vector<std::size_t> passed;
    bool member_runs = false;
    for (std::size_t p = 0; p < record.meta.positions.size(); ++p) {
        const RecordedSite& position = record.meta.positions[p];
        const std::int64_t backbone = varies ? 0 : position.macs;
        if (p < choices.size() && choices[p].on()) {
            cost.add_head(record.meta.heads[static_cast<std::size_t>(choices[p].column)].macs);
            member_runs = true;
        }
        same_for_all_.push_back(cost.at(backbone));
        own_.push_back(passed);
        if (varies) own_.back().push_back(p);
        if (position.site >= 0) continue;
        if (member_runs) {
            cost.add_member(backbone);
            passed = own_.back();
        }
        member_runs = false;
    }
}

}  // namespace dyce
