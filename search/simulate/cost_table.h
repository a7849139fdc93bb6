// What running the parts of a model costs: multiply-adds, or milliseconds or joules that somebody measured.
// Costs add up along the way of an image. A plain value; shared read-only.
#pragma once

#include "search/record/record.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace dyce {

/// Bytes of a file of costs at most.
inline constexpr std::uint64_t kMaxCostFile = std::uint64_t{16} << 20;

struct CostTable {
    std::string unit = "macs";     ///< macs, ms or J
    std::vector<double> backbone;  ///< by position: of its member's backbone up to there
    std::vector<double> heads;     ///< by column of the record; 0 for classifiers

    /// What costs are a share of, where gates make the last one of `backbone` less: all of them open.
    std::optional<double> all_open = {};

    /// Of the last member's backbone alone.
    double base() const { return all_open.value_or(backbone.back()); }
};

/// The multiply-adds that the record's description tells.
CostTable macs_table(const RecordMeta& meta);
/// The same of a record, for searching: where gates let images skip stages, the means over its images.
CostTable macs_table(const Record& record);

/// The exits that a cost file of the published tool describes: one member, every type at every site.
/// {"head": [{"name":.., "macs": [per site.., 0]}..], "backbone": {"name":.., "macs": [up to each site..,
/// total], "ori_macs": total}}. Throws Error{kIo}, Error{kContent} naming the field, Error{kResource}.
RecordMeta read_published_costs(const std::string& path);

/// The multiply-adds of such a file for the exits of `meta`. Throws as read_published_costs() does, and
/// Error{kContent} when the file does not fit them, Error{kUsage} where gates let images skip stages: costs that are the
/// same for all images cannot tell what these save.
CostTable published_table(const std::string& path, const RecordMeta& meta);

/// Throws Error{kUsage} naming the file of costs where gates let images skip stages.
void refuse_gates(const RecordMeta& meta, const std::string& path);

/// One of the measurements in a document of `dyce bench --segments --json`.
struct LatencySelection {
    std::int64_t batch = 1;
    std::int64_t threads = 0;  ///< 0 = the first there is
};

/// Milliseconds of one image from such a document, for the exits of `meta`. Throws Error{kIo},
/// Error{kContent} naming the field when the document is wrong or does not fit, Error{kUsage} when it has no
/// such measurement, and where gates let images skip stages, as published_table() does.
CostTable latency_table(const std::string& path, const LatencySelection& selection, const RecordMeta& meta);

}  // namespace dyce
