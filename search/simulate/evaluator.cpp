#include "search/simulate/evaluator.h"

#include "runtime/core/nearest_name.h"
#include "runtime/flow/exit_score.h"
#include "search/simulate/image_macs.h"

#include <dyce/error.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <span>

namespace dyce {
namespace {

// Index in Record::scores.
std::size_t find_score(const Record& record, const std::string& name) {
    const auto found = std::find(record.scores.begin(), record.scores.end(), name);
    if (found != record.scores.end()) return static_cast<std::size_t>(found - record.scores.begin());
    const std::vector<std::string_view> there(record.scores.begin(), record.scores.end());
    throw Error(ErrorCode::kUsage, "score \"" + name + "\"",
                "the record does not hold it" + nearest_hint(name, there, "\"") +
                    " (dyce record --scores NAME,.. notes more)");
}

struct ExitingImage {
    std::uint32_t image;
    float score;
};

// Images that stay remain `here`; gives the number of those who leave.
template <class Score>
std::size_t part(std::vector<std::uint32_t>& here, std::vector<ExitingImage>& exiting, double threshold,
                 const Score& score_of) {
    std::uint32_t* stay = here.data();
    ExitingImage* exit = exiting.data();
    for (const std::uint32_t image : here) {  // without branches: who leaves is hard to predict
        const float score = score_of(image);
        const bool exits = score > threshold;
        *exit = {image, score};
        *stay = image;
        exit += exits ? 1 : 0;
        stay += exits ? 0 : 1;
    }
    here.resize(static_cast<std::size_t>(stay - here.data()));
    return static_cast<std::size_t>(exit - exiting.data());
}

// Where it is agreement that counts: how many exits in a row have said the same, asked at one exit after the
// other of images that arrive there.
class Agreements {
public:
    Agreements(const Record& record, const Configuration& configuration) : topk_(record.topk) {
        if (!find_exit_score(configuration.score).from_logits) said_.assign(record.images, {-1, 0});
    }

    bool count() const { return !said_.empty(); }

    float at(const RecordColumn& column, std::size_t image) {
        Agreement& agreement = said_[image];
        const int prediction = column.predictions[image * topk_];
        agreement = {prediction, prediction == agreement.prediction ? agreement.exits + 1 : 1};
        return static_cast<float>(agreement.exits);
    }

private:
    struct Agreement {
        int prediction;
        int exits;
    };

    std::size_t topk_;
    std::vector<Agreement> said_;  // by image
};

}  // namespace

Evaluator::Evaluator(const Record& record, const CostTable& costs)
    : record_(record), costs_(costs), macs_(macs_table(record.meta)) {}

std::vector<ExitRecord> Evaluator::exit_records(const Configuration& configuration) const {
    std::vector<ExitRecord> exit_records(record_.images);
    const ImageMacs macs(record_, choices_of(record_.meta, configuration));
    follow(configuration, [&](int column, std::span<const ExitingImage> exiting) {
        const std::size_t position = position_of(column);
        for (const ExitingImage& exit : exiting)
            exit_records[exit.image] = {column, exit.score, macs.at(position, exit.image)};
    });
    return exit_records;
}

// Calls on_exit(column, exiting) at each enabled exit.
template <class OnExit>
void Evaluator::follow(const Configuration& configuration, const OnExit& on_exit) const {
    Choices choices = choices_of(record_.meta, configuration);
    const int final_column = static_cast<int>(record_.columns.size()) - 1;
    choices.push_back({final_column, -std::numeric_limits<double>::infinity()});
    Agreements agreements(record_, configuration);
    const std::size_t kind = agreements.count() ? 0 : find_score(record_, configuration.score);
    const std::size_t stride = kind == 0 ? record_.topk : 1;
    std::vector<std::uint32_t> here(record_.images);
    std::iota(here.begin(), here.end(), 0u);
    std::vector<ExitingImage> exiting(record_.images);
    for (const Choice& choice : choices) {
        if (!choice.on()) continue;
        const RecordColumn& said = record_.columns[static_cast<std::size_t>(choice.column)];
        const std::size_t exits = agreements.count()
                                      ? part(here, exiting, choice.threshold,
                                             [&](std::uint32_t i) { return agreements.at(said, i); })
                                      : part(here, exiting, choice.threshold,
                                             [scores = said.scores[kind].data(), stride](std::uint32_t i) {
                                                 return scores[i * stride];
                                             });
        on_exit(choice.column, std::span<const ExitingImage>(exiting).first(exits));
    }
}

std::size_t Evaluator::position_of(int column) const {
    return static_cast<std::size_t>(record_.meta.heads[static_cast<std::size_t>(column)].position);
}

Simulation Evaluator::simulate(const Configuration& configuration) const {
    Simulation simulation;
    simulation.exits.resize(record_.meta.positions.size());
    const Choices choices = choices_of(record_.meta, configuration);
    const bool varies = !record_.paid.empty();
    const ImageMacs macs(record_, choices);
    follow(configuration, [&](int index, std::span<const ExitingImage> exiting) {
        const ClassIndices& predictions = record_.columns[static_cast<std::size_t>(index)].predictions;
        const std::size_t position = position_of(index);
        Simulation::Exit& exit = simulation.exits[position];
        exit.images = static_cast<std::int64_t>(exiting.size());
        for (const ExitingImage& one : exiting)
            exit.correct += predictions[one.image * record_.topk] == record_.labels[one.image] ? 1 : 0;
        if (!varies) return;
        for (const ExitingImage& one : exiting)
            simulation.macs += static_cast<double>(macs.at(position, one.image));
    });
    if (varies)
        simulation.cost = simulation.macs;
    else
        add_costs(choices, simulation);
    const auto count = static_cast<double>(record_.images);
    for (const Simulation::Exit& exit : simulation.exits)
        simulation.accuracy += static_cast<double>(exit.correct);
    simulation.accuracy /= count;
    simulation.macs /= count;
    simulation.cost /= count;
    return simulation;
}

// Of all images together, which cost the same when they leave at the same position.
void Evaluator::add_costs(const Choices& choices, Simulation& simulation) const {
    const auto macs = exit_costs(record_.meta, macs_, choices);
    const auto costs = exit_costs(record_.meta, costs_, choices);
    for (std::size_t p = 0; p < simulation.exits.size(); ++p) {
        const auto images = static_cast<double>(simulation.exits[p].images);
        simulation.macs += images * macs[p];
        simulation.cost += images * costs[p];
    }
}

}  // namespace dyce
