#include "search/evaluator.h"

#include "runtime/core/nearest_name.h"
#include "runtime/exec/exit_score.h"

#include <dyce/error.h>

#include <algorithm>

namespace dyce {
namespace {

// Index in Record::scores.
std::size_t find_score(const Record& record, const std::string& name) {
    const auto found = std::find(record.scores.begin(), record.scores.end(), name);
    if (found != record.scores.end()) return static_cast<std::size_t>(found - record.scores.begin());
    const std::vector<std::string_view> there(record.scores.begin(), record.scores.end());
    throw Error(ErrorCode::kUsage, "score \"" + name + "\"",
                "the record does not hold it; the nearest is \"" + std::string(nearest_name(name, there)) +
                    "\" (dyce record --scores)");
}

// Scores at one exit after the other, for the pictures that arrive there.
class Scores {
public:
    Scores(const Record& record, const Configuration& configuration) : record_(record) {
        if (find_exit_score(configuration.score).from_logits)
            kind_ = find_score(record, configuration.score);
        else
            said_.assign(record.pictures, {-1, 0});
    }

    float at(std::size_t column, std::size_t picture) {
        const RecordColumn& said = record_.columns[column];
        if (said_.empty()) return said.scores[kind_][picture * (kind_ == 0 ? record_.topk : 1)];
        Agreement& agreement = said_[picture];
        const int prediction = said.predictions[picture * record_.topk];
        agreement = {prediction, prediction == agreement.prediction ? agreement.exits + 1 : 1};
        return static_cast<float>(agreement.exits);
    }

private:
    // Consecutive exits that said the same.
    struct Agreement {
        int prediction;
        int exits;
    };

    const Record& record_;
    std::size_t kind_ = 0;
    std::vector<Agreement> said_;  // by picture, when it is agreement that counts
};

}  // namespace

Evaluator::Evaluator(const Record& record, const CostTable& costs)
    : record_(record), costs_(costs), macs_(macs_table(record.meta)) {}

std::vector<Departure> Evaluator::departures(const Configuration& configuration) const {
    Choices choices = choices_of(record_.meta, configuration);
    const int final_column = static_cast<int>(record_.columns.size()) - 1;
    choices.push_back({final_column, kNoScore});
    Scores scores(record_, configuration);
    std::vector<Departure> departures(record_.pictures);
    std::vector<std::size_t> here(record_.pictures);
    for (std::size_t i = 0; i < here.size(); ++i) here[i] = i;
    for (const Choice& choice : choices) {
        if (!choice.on()) continue;
        std::size_t staying = 0;
        for (const std::size_t picture : here) {
            const float score = scores.at(static_cast<std::size_t>(choice.column), picture);
            if (score > choice.threshold || choice.column == final_column)
                departures[picture] = {choice.column, score};
            else
                here[staying++] = picture;
        }
        here.resize(staying);
    }
    return departures;
}

Simulation Evaluator::simulate(const Configuration& configuration) const {
    const auto left = departures(configuration);
    Simulation simulation;
    simulation.exits.resize(record_.meta.positions.size());
    for (std::size_t i = 0; i < left.size(); ++i) {
        const auto column = static_cast<std::size_t>(left[i].column);
        const bool right = record_.columns[column].predictions[i * record_.topk] == record_.labels[i];
        Simulation::Exit& exit =
            simulation.exits[static_cast<std::size_t>(record_.meta.heads[column].position)];
        ++exit.pictures;
        exit.correct += right ? 1 : 0;
    }
    const Choices choices = choices_of(record_.meta, configuration);
    const auto macs = leaving_costs(record_.meta, macs_, choices);
    const auto costs = leaving_costs(record_.meta, costs_, choices);
    const auto count = static_cast<double>(record_.pictures);
    for (std::size_t p = 0; p < simulation.exits.size(); ++p) {
        const auto pictures = static_cast<double>(simulation.exits[p].pictures);
        simulation.accuracy += static_cast<double>(simulation.exits[p].correct);
        simulation.macs += pictures * macs[p];
        simulation.cost += pictures * costs[p];
    }
    simulation.accuracy /= count;
    simulation.macs /= count;
    simulation.cost /= count;
    return simulation;
}

std::vector<std::int64_t> Evaluator::macs_paid(const Configuration& configuration) const {
    const auto macs = leaving_costs(record_.meta, macs_, choices_of(record_.meta, configuration));
    return {macs.begin(), macs.end()};
}

}  // namespace dyce
