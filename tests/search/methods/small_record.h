// A record small enough to write down: two members, the first with a classifier that is an exit. By position:
//   0  site 0 of the small member     grid2-linear
//   1  its classifier                 classifier
//   2  site 0 of the big member       linear, grid2-linear
//   3  the final exit
#pragma once

#include "search/record/record.h"

namespace dyce::test {

inline RecordMeta small_meta(std::int64_t images) {
    RecordMeta meta;
    meta.model_digest = "0123456789abcdef0123456789abcdef";
    meta.preprocess_digest = "11111111111111111111111111111111";
    meta.plan_digest = "22222222222222222222222222222222";
    meta.images_digest = "33333333333333333333333333333333";
    meta.classes = 4;
    meta.image_count = images;
    meta.positions = {{0, 0, "a", 100}, {0, -1, "logits", 300}, {1, 0, "b", 400}, {1, -1, "logits", 1000}};
    meta.types = {"grid2-linear", "classifier", "linear"};
    meta.heads = {{0, 0, 16}, {1, 1, 0}, {2, 0, 16}, {2, 2, 8}, {3, RecordHead::kFinal, 0}};
    return meta;
}

/// Label j mod 4; head h says (j + h) mod 4 with the scores 0.5 + h / 100 + (j mod 100) / 1000.
inline Record small_record(std::int64_t images = 5) {
    Record record;
    record.meta = small_meta(images);
    record.images = static_cast<std::size_t>(images);
    record.scores = {kMaxSoftmax, "margin"};
    record.labels = ClassIndices(record.images, 4);
    for (std::size_t h = 0; h < record.meta.heads.size(); ++h) {
        RecordColumn column{ClassIndices(record.images, 4), {{}, {}}};
        for (std::size_t j = 0; j < record.images; ++j) {
            column.predictions.set(j, static_cast<int>((j + h) % 4));
            const float score = 0.5f + static_cast<float>(h) / 100 + static_cast<float>(j % 100) / 1000;
            column.scores[0].push_back(score);
            column.scores[1].push_back(score / 2);
        }
        record.columns.push_back(std::move(column));
    }
    for (std::size_t j = 0; j < record.images; ++j) {
        record.labels.set(j, static_cast<int>(j % 4));
        record.names.push_back("p" + std::to_string(j) + ".png");
    }
    return record;
}

}  // namespace dyce::test
