#include "search/split_record.h"

#include <dyce/error.h>

namespace dyce {

Record half_of(const Record& record, int odd) {
    const auto first = static_cast<std::size_t>(odd);
    Record half;
    half.meta = record.meta;
    half.meta.shard += odd * record.meta.shards;
    half.meta.shards *= 2;
    half.labels = record.labels.rows(first, 2, 1);
    half.pictures = half.labels.size();
    if (half.pictures == 0)
        throw Error(ErrorCode::kContent, "record", "has too few pictures to be split in two");
    half.topk = record.topk;
    half.scores = record.scores;
    for (const RecordColumn& column : record.columns) {
        RecordColumn part;
        part.predictions = column.predictions.rows(first, 2, record.topk);
        for (const auto& scores : column.scores)
            part.scores.push_back(take_rows(scores, first, 2, scores.size() / record.pictures));
        half.columns.push_back(std::move(part));
    }
    half.names = take_rows(record.names, first, 2, 1);
    return half;
}

}  // namespace dyce
