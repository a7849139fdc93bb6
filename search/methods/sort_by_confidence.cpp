#include "search/methods/sort_by_confidence.h"

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <span>

namespace dyce {
namespace {

using Images = std::vector<std::uint32_t>;

template <class T>
std::vector<T> arranged(const std::vector<T>& rows, const Images& order) {
    const std::size_t depth = rows.size() / order.size();
    std::vector<T> result;
    result.reserve(rows.size());
    for (const std::uint32_t image : order)
        for (std::size_t k = 0; k < depth; ++k) result.push_back(rows[image * depth + k]);
    return result;
}

ClassIndices arranged(const ClassIndices& rows, std::int64_t classes, const Images& order) {
    const std::size_t depth = rows.size() / order.size();
    ClassIndices result(rows.size(), classes);
    for (std::size_t i = 0; i < rows.size(); ++i) result.set(i, rows[order[i / depth] * depth + i % depth]);
    return result;
}

}  // namespace

Record sort_by_confidence(Record record, std::size_t score) {
    std::vector<float> sureness(record.images, 0);
    for (const RecordColumn& said : record.columns) {
        const std::vector<float>& scores = said.scores[score];
        const std::size_t depth = scores.size() / record.images;
        for (std::size_t i = 0; i < record.images; ++i) sureness[i] += scores[i * depth];
    }
    Images order(record.images);
    std::iota(order.begin(), order.end(), 0u);
    std::stable_sort(order.begin(), order.end(),
                     [&](std::uint32_t a, std::uint32_t b) { return sureness[a] > sureness[b]; });

    const std::int64_t classes = record.meta.classes > 0 ? record.meta.classes : INT32_MAX;
    record.labels = arranged(record.labels, classes, order);
    for (RecordColumn& said : record.columns) {
        said.predictions = arranged(said.predictions, classes, order);
        for (auto& scores : said.scores) scores = arranged(scores, order);
    }
    if (!record.names.empty()) record.names = arranged(record.names, order);
    for (std::size_t first = 0; first < record.paid.size(); first += record.images) {
        const auto paid = std::span(record.paid).subspan(first, record.images);
        const std::vector<std::int64_t> before(paid.begin(), paid.end());
        for (std::size_t i = 0; i < order.size(); ++i) paid[i] = before[order[i]];
    }
    return record;
}

}  // namespace dyce
