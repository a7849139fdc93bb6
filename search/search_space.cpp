#include "search/search_space.h"

#include "search/parallel.h"

#include <algorithm>
#include <numeric>

namespace dyce {
namespace {

using Pictures = std::vector<std::uint32_t>;  // of the record

// The pictures that the exits are surest of on average first.
Pictures number_pictures(const Record& record, std::size_t score) {
    std::vector<float> sureness(record.pictures, 0);
    for (const RecordColumn& said : record.columns)
        for (std::size_t i = 0; i < record.pictures; ++i) sureness[i] += said.scores[score][i];
    Pictures pictures(record.pictures);
    std::iota(pictures.begin(), pictures.end(), 0u);
    std::stable_sort(pictures.begin(), pictures.end(),
                     [&](std::uint32_t a, std::uint32_t b) { return sureness[a] > sureness[b]; });
    return pictures;
}

void sort_by_score(const std::vector<bool>& right, SearchSpace::Column& column) {
    std::vector<std::uint32_t> pictures;
    pictures.reserve(right.size());
    for (std::uint32_t i = 0; i < right.size(); ++i)
        if (column.scores[i] > kNoScore) pictures.push_back(i);
    std::sort(pictures.begin(), pictures.end(), [&](std::uint32_t a, std::uint32_t b) {
        return column.scores[a] != column.scores[b] ? column.scores[a] > column.scores[b] : a < b;
    });
    column.order.reserve(pictures.size());
    for (std::size_t k = 0; k < pictures.size(); ++k) {
        const std::uint32_t i = pictures[k];
        const bool last = k + 1 == pictures.size() || column.scores[pictures[k + 1]] < column.scores[i];
        column.order.emplace_back(i, right[i], last);
    }
}

void fill_bins(const std::vector<bool>& right, SearchSpace::Column& column) {
    column.tags.reserve(right.size());
    for (const bool is_right : right)
        column.tags.push_back(static_cast<std::uint8_t>(SearchSpace::kBins * 2 + (is_right ? 1 : 0)));
    const std::size_t count = column.order.size();
    std::size_t k = 0;
    for (std::size_t bin = 0; bin < SearchSpace::kBins; ++bin) {
        column.bins[bin] = static_cast<std::uint32_t>(k);
        const std::size_t end = count * (bin + 1) / SearchSpace::kBins;
        for (bool open = k < end; open; ++k) {
            const CutEntry entry = column.order[k];
            column.tags[entry.picture()] = static_cast<std::uint8_t>(bin * 2 + entry.right());
            open = k + 1 < end || !entry.last();
        }
    }
    column.bins[SearchSpace::kBins] = static_cast<std::uint32_t>(count);
}

void fill_column(const Record& record, const RecordColumn& said, std::size_t score, const Pictures& pictures,
                 SearchSpace::Column& column) {
    std::vector<bool> right;
    right.reserve(pictures.size());
    column.scores.reserve(pictures.size());
    for (const std::uint32_t i : pictures) {
        column.scores.push_back(said.scores[score][i]);
        right.push_back(said.predictions[i] == record.labels[i]);
    }
    sort_by_score(right, column);
    fill_bins(right, column);
}

void count_by_final(const std::vector<std::uint8_t>& final_tags, SearchSpace::Column& column) {
    column.by_final = {};
    for (std::size_t i = 0; i < final_tags.size(); ++i) ++column.by_final[final_tags[i] & 1][column.tags[i]];
}

}  // namespace

SearchSpace::SearchSpace(const Record& record, std::size_t score, const CostTable& costs, int threads)
    : meta_(&record.meta),
      costs_(&costs),
      pictures_(record.pictures),
      columns_(record.columns.size()),
      columns_at_(record.meta.final_position()) {
    const Pictures pictures = number_pictures(record, score);
    parallel_for(columns_.size(), threads, [&](std::size_t c, std::size_t) {
        Column& column = columns_[c];
        column.position = static_cast<std::size_t>(meta_->heads[c].position);
        fill_column(record, record.columns[c], score, pictures, column);
    });
    parallel_for(columns_.size(), threads,
                 [&](std::size_t c, std::size_t) { count_by_final(columns_.back().tags, columns_[c]); });
    for (std::size_t c = 0; c + 1 < columns_.size(); ++c)
        columns_at_[columns_[c].position].push_back(static_cast<int>(c));
}

}  // namespace dyce
