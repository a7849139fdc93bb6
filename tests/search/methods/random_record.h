// Small random records with what makes searching hard: equal scores, scores that are none, heads that do not
// exist, cascades - and a plain simulation of them, written from the rules alone (docs/method.md,
// "Inference rule"; docs/method.md, "Cascades").
#pragma once

#include "search/record/record.h"
#include "search/simulate/choices.h"
#include "search/simulate/cost_table.h"

#include <random>
#include <string>
#include <vector>

namespace dyce::test {

class Dice {
public:
    explicit Dice(unsigned seed) : random_(seed) {}
    int below(int count) { return static_cast<int>(random_() % static_cast<unsigned>(count)); }
    bool chance(int percent) { return below(100) < percent; }

private:
    std::mt19937 random_;
};

inline Record random_record(unsigned seed, int most_images = 24) {
    Dice dice(seed);
    Record record;
    RecordMeta& meta = record.meta;
    const int members = 1 + dice.below(2);
    const int types = 1 + dice.below(3);
    meta.classes = 3;
    for (int type = 0; type < types; ++type) meta.types.push_back("t" + std::to_string(type));
    if (members > 1) meta.types.push_back("classifier");
    for (int member = 0; member < members; ++member) {
        std::int64_t macs = 0;
        const int sites = 1 + dice.below(3);
        for (int site = 0; site <= sites; ++site) {
            const auto position = static_cast<int>(meta.positions.size());
            const bool classifier = site == sites;
            macs += 10 + dice.below(90);
            meta.positions.push_back({member, classifier ? -1 : site, "x", macs});
            for (int type = 0; type < types && !classifier; ++type)
                if (dice.chance(80)) meta.heads.push_back({position, type, dice.below(8)});
            if (classifier && member + 1 < members) meta.heads.push_back({position, types, 0});
        }
    }
    meta.heads.push_back({static_cast<int>(meta.final_position()), RecordHead::kFinal, 0});

    record.images = static_cast<std::size_t>(1 + dice.below(most_images));
    meta.image_count = static_cast<std::int64_t>(record.images);
    record.labels = ClassIndices(record.images, 3);
    for (std::size_t i = 0; i < record.images; ++i) record.labels.set(i, dice.below(3));
    const int steps = dice.chance(50) ? 4 : 1000;  // few distinct scores, or nearly all
    for (const RecordHead& head : meta.heads) {
        RecordColumn column{ClassIndices(record.images, 3), {{}}};
        for (std::size_t i = 0; i < record.images; ++i) {
            const bool right = dice.chance(40 + 10 * head.position);
            column.predictions.set(i, right ? record.labels[i] : dice.below(3));
            const float score = static_cast<float>(dice.below(steps + 1)) / static_cast<float>(steps);
            column.scores[0].push_back(dice.chance(3) ? kNoScore : score);
        }
        record.columns.push_back(std::move(column));
    }
    record.columns.back().predictions.set(0, record.labels[0]);  // the backbone is worth something
    return record;
}

/// Random choices among scores that occur.
inline Choices random_choices(const Record& record, Dice& dice, int percent_on) {
    Choices choices(record.meta.final_position());
    for (std::size_t c = 0; c + 1 < record.columns.size(); ++c) {
        if (!dice.chance(percent_on)) continue;
        const int image = dice.below(static_cast<int>(record.images));
        const double score = record.columns[c].scores[0][static_cast<std::size_t>(image)];
        choices[static_cast<std::size_t>(record.meta.heads[c].position)] = {static_cast<int>(c),
                                                                            score - 1e-9};
    }
    return choices;
}

struct PlainResult {
    double correct = 0, cost = 0;
    std::vector<int> columns;  // that each image leaves by
};

/// Image by image, position by position.
inline PlainResult simulate_plainly(const Record& record, const CostTable& costs, const Choices& choices) {
    const RecordMeta& meta = record.meta;
    std::vector<bool> runs(static_cast<std::size_t>(meta.positions.back().member) + 1, false);
    runs.back() = true;
    for (std::size_t p = 0; p < choices.size(); ++p)
        if (choices[p].on()) runs[static_cast<std::size_t>(meta.positions[p].member)] = true;
    PlainResult result;
    for (std::size_t i = 0; i < record.images; ++i) {
        double members = 0, heads = 0;
        for (std::size_t p = 0; p < meta.positions.size(); ++p) {
            const bool final = p == choices.size();
            if (!runs[static_cast<std::size_t>(meta.positions[p].member)]) continue;
            if (final || choices[p].on()) {
                const auto column =
                    final ? record.columns.size() - 1 : static_cast<std::size_t>(choices[p].column);
                heads += costs.heads[column];
                if (final || record.columns[column].scores[0][i] > choices[p].threshold) {
                    result.correct += record.columns[column].predictions[i] == record.labels[i] ? 1 : 0;
                    result.cost += members + costs.backbone[p] + heads;
                    result.columns.push_back(static_cast<int>(column));
                    break;
                }
            }
            if (meta.positions[p].site < 0) members += costs.backbone[p];
        }
    }
    return result;
}

}  // namespace dyce::test
