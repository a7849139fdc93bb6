#include "search/record/split_record.h"

#include <dyce/error.h>

namespace dyce {
namespace {

// All but the columns of every second image, from place `first` on.
Record outline(const Record& record, std::size_t first) {
    Record half;
    half.meta = record.meta;
    half.meta.shard += static_cast<std::int64_t>(first) * record.meta.shards;
    half.meta.shards *= 2;
    half.labels = record.labels.rows(first, 2, 1);
    half.images = half.labels.size();
    half.topk = record.topk;
    half.scores = record.scores;
    half.names = take_rows(record.names, first, 2, 1);
    half.paid = take_columns(record.paid, record.images, first, 2);
    return half;
}

RecordColumn half_of(const RecordColumn& column, std::size_t first, std::size_t images, std::size_t topk) {
    RecordColumn half{column.predictions.rows(first, 2, topk), {}};
    for (const auto& scores : column.scores)
        half.scores.push_back(take_rows(scores, first, 2, scores.size() / images));
    return half;
}

}  // namespace

std::pair<Record, Record> halves_of(Record record) {
    if (record.images < 2)
        throw Error(ErrorCode::kContent, "record", "has too few images to be split in two");
    std::pair<Record, Record> halves{outline(record, 0), outline(record, 1)};
    for (RecordColumn& column : record.columns) {
        halves.first.columns.push_back(half_of(column, 0, record.images, record.topk));
        halves.second.columns.push_back(half_of(column, 1, record.images, record.topk));
        column = {};
    }
    return halves;
}

}  // namespace dyce
