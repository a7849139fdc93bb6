#include "search/record/merge_records.h"

#include "search/record/record_meta.h"

#include <dyce/error.h>

namespace dyce {
namespace {

// What must be the same in all shards.
std::string common(const Record& record) {
    RecordMeta meta = record.meta;
    meta.shard = 0;
    std::string text = record_meta_text(meta) + " topk " + std::to_string(record.topk);
    for (const std::string& score : record.scores) text += " " + score;
    return text + (record.names.empty() ? "" : " names");
}

// By shard index, each exactly once.
std::vector<const Record*> in_order(const std::vector<NamedRecord>& shards) {
    const auto refuse = [](const std::string& where, const std::string& message) {
        throw Error(ErrorCode::kUsage, where, message);
    };
    const auto& [first_name, first] = shards.front();
    std::vector<const Record*> ordered(static_cast<std::size_t>(first.meta.shards), nullptr);
    for (const auto& [name, record] : shards) {
        if (common(record) != common(first)) refuse(name, "is not of the same run as " + first_name);
        auto& place = ordered[static_cast<std::size_t>(record.meta.shard)];
        if (place != nullptr) refuse(name, "shard " + std::to_string(record.meta.shard) + " is given twice");
        place = &record;
    }
    for (std::size_t i = 0; i < ordered.size(); ++i)
        if (ordered[i] == nullptr)
            refuse(first_name,
                   "shard " + std::to_string(i) + "/" + std::to_string(ordered.size()) + " is missing");
    return ordered;
}

}  // namespace

Record merge_records(const std::vector<NamedRecord>& shards) {
    const auto parts = in_order(shards);
    const Record& first = *parts[0];
    const std::size_t topk = first.topk;
    Record merged;
    merged.meta = first.meta;
    merged.meta.shards = 1;
    merged.images = static_cast<std::size_t>(first.meta.image_count);
    merged.topk = topk;
    merged.scores = first.scores;
    merged.labels = ClassIndices(merged.images, merged.meta.classes);
    merged.columns.resize(first.columns.size());
    for (RecordColumn& column : merged.columns) {
        column.predictions = ClassIndices(merged.images * topk, merged.meta.classes);
        for (const auto& scores : first.columns[0].scores)
            column.scores.emplace_back(merged.images * (scores.size() / first.images));
    }
    merged.names.resize(first.names.empty() ? 0 : merged.images);
    const std::size_t paid_rows = first.paid.size() / first.images;
    merged.paid.resize(paid_rows * merged.images);

    for (std::size_t j = 0; j < merged.images; ++j) {
        const Record& part = *parts[j % parts.size()];
        const std::size_t row = j / parts.size();
        merged.labels.set(j, part.labels[row]);
        if (!merged.names.empty()) merged.names[j] = part.names[row];
        for (std::size_t p = 0; p < paid_rows; ++p) merged.paid[p * merged.images + j] = part.paid_at(p)[row];
        for (std::size_t c = 0; c < merged.columns.size(); ++c) {
            RecordColumn& to = merged.columns[c];
            const RecordColumn& from = part.columns[c];
            for (std::size_t k = 0; k < topk; ++k)
                to.predictions.set(j * topk + k, from.predictions[row * topk + k]);
            for (std::size_t s = 0; s < to.scores.size(); ++s) {
                const std::size_t depth = to.scores[s].size() / merged.images;
                for (std::size_t k = 0; k < depth; ++k)
                    to.scores[s][j * depth + k] = from.scores[s][row * depth + k];
            }
        }
    }
    return merged;
}

}  // namespace dyce
