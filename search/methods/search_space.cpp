#include "search/methods/search_space.h"

#include "runtime/core/parallel.h"

#include <algorithm>

namespace dyce {
namespace {

void sort_images(const RecordColumn& said, const ClassIndices& labels, SearchSpace::Column& column) {
    std::vector<std::uint32_t> images;
    images.reserve(labels.size());
    for (std::uint32_t i = 0; i < labels.size(); ++i)
        if (column.scores[i] > kNoScore) images.push_back(i);
    std::sort(images.begin(), images.end(), [&](std::uint32_t a, std::uint32_t b) {
        return column.scores[a] != column.scores[b] ? column.scores[a] > column.scores[b] : a < b;
    });
    column.order.reserve(images.size());
    for (std::size_t k = 0; k < images.size(); ++k) {
        const std::uint32_t i = images[k];
        const bool last = k + 1 == images.size() || column.scores[images[k + 1]] < column.scores[i];
        column.order.emplace_back(i, said.predictions[i] == labels[i], last);
    }
}

void fill_bins(const RecordColumn& said, const ClassIndices& labels, SearchSpace::Column& column) {
    column.tags.reserve(labels.size());
    for (std::size_t i = 0; i < labels.size(); ++i)
        column.tags.push_back(
            static_cast<std::uint8_t>(SearchSpace::kBins * 2 + (said.predictions[i] == labels[i] ? 1 : 0)));
    const std::size_t count = column.order.size();
    std::size_t k = 0;
    for (std::size_t bin = 0; bin < SearchSpace::kBins; ++bin) {
        column.bins[bin] = static_cast<std::uint32_t>(k);
        const std::size_t end = count * (bin + 1) / SearchSpace::kBins;
        for (bool open = k < end; open; ++k) {
            const CutEntry entry = column.order[k];
            column.tags[entry.image()] = static_cast<std::uint8_t>(bin * 2 + entry.right());
            open = k + 1 < end || !entry.last();
        }
    }
    column.bins[SearchSpace::kBins] = static_cast<std::uint32_t>(count);
}

void count_by_final(const std::vector<std::uint8_t>& final_tags, SearchSpace::Column& column) {
    column.by_final = {};
    for (std::size_t i = 0; i < final_tags.size(); ++i) ++column.by_final[final_tags[i] & 1][column.tags[i]];
}

}  // namespace

SearchSpace::SearchSpace(const Record& record, std::size_t score, const CostTable& costs, int threads)
    : meta_(&record.meta),
      costs_(&costs),
      images_(record.images),
      columns_(record.columns.size()),
      columns_at_(record.meta.final_position()) {
    parallel_for(columns_.size(), threads, [&](std::size_t c, std::size_t) {
        Column& column = columns_[c];
        column.position = static_cast<std::size_t>(meta_->heads[c].position);
        column.scores = record.columns[c].scores[score].data();
        sort_images(record.columns[c], record.labels, column);
        fill_bins(record.columns[c], record.labels, column);
    });
    parallel_for(columns_.size(), threads,
                 [&](std::size_t c, std::size_t) { count_by_final(columns_.back().tags, columns_[c]); });
    for (std::size_t c = 0; c + 1 < columns_.size(); ++c)
        columns_at_[columns_[c].position].push_back(static_cast<int>(c));
}

}  // namespace dyce
