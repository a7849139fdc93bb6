#include "search/front.h"

#include <algorithm>
#include <cstdio>

namespace dyce {
namespace {

std::string number(double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%.17g", value);
    return text;
}

std::vector<double> shares_of(const Simulation& simulation) {
    std::int64_t pictures = 0;
    for (const Simulation::Exit& exit : simulation.exits) pictures += exit.pictures;
    std::vector<double> shares;
    for (const Simulation::Exit& exit : simulation.exits)
        shares.push_back(static_cast<double>(exit.pictures) / static_cast<double>(pictures));
    return shares;
}

bool is_beaten(const FrontPoint& point, const FrontPoint& by) {
    const Simulation &a = point.validated, &b = by.validated;
    return b.accuracy >= a.accuracy && b.cost <= a.cost && (b.accuracy > a.accuracy || b.cost < a.cost);
}

std::string config_text(const Configuration& configuration) {
    std::string text;
    for (const EnabledExit& exit : configuration.exits)
        text += (text.empty() ? "" : ";") + std::to_string(exit.site) + ":" + exit.type + ">" +
                number(exit.threshold);
    return text;
}

// raw and relative figures of one record.
std::string figures(const Simulation& simulation, double base_accuracy, double base_macs) {
    return number(simulation.macs / base_macs) + "," + number(simulation.macs) + "," +
           number(simulation.accuracy / base_accuracy) + "," + number(simulation.accuracy);
}

}  // namespace

Record half_of(const Record& record, bool odd) {
    std::vector<std::size_t> places;
    for (std::size_t i = odd ? 1 : 0; i < record.pictures; i += 2) places.push_back(i);
    Record half;
    half.meta = record.meta;
    half.pictures = places.size();
    half.topk = record.topk;
    half.scores = record.scores;
    const auto pick_classes = [&](const ClassIndices& from, std::size_t per_picture) {
        ClassIndices to(places.size() * per_picture, record.meta.classes);
        for (std::size_t i = 0; i < places.size(); ++i)
            for (std::size_t k = 0; k < per_picture; ++k)
                to.set(i * per_picture + k, from[places[i] * per_picture + k]);
        return to;
    };
    half.labels = pick_classes(record.labels, 1);
    for (const RecordColumn& column : record.columns) {
        RecordColumn picked{pick_classes(column.predictions, record.topk), {}};
        for (const auto& scores : column.scores) {
            const std::size_t per_picture = scores.size() / record.pictures;
            std::vector<float> kept;
            for (const std::size_t place : places)
                for (std::size_t k = 0; k < per_picture; ++k) kept.push_back(scores[place * per_picture + k]);
            picked.scores.push_back(std::move(kept));
        }
        half.columns.push_back(std::move(picked));
    }
    return half;
}

double base_accuracy(const Record& record) {
    std::size_t right = 0;
    for (std::size_t i = 0; i < record.pictures; ++i)
        right += record.columns.back().predictions[i * record.topk] == record.labels[i] ? 1 : 0;
    return static_cast<double>(right) / static_cast<double>(record.pictures);
}

std::vector<FrontPoint> evaluate_points(const std::vector<double>& lambdas,
                                        const std::vector<Objective>& objectives,
                                        const std::vector<Solution>& solutions, const std::string& score,
                                        const Evaluator& search, const Evaluator& validate,
                                        const RecordMeta& meta) {
    std::vector<FrontPoint> points;
    for (std::size_t k = 0; k < solutions.size(); ++k) {
        FrontPoint point;
        point.lambda = lambdas[k];
        point.objective = value_of(objectives[k], solutions[k]);
        // Neighbouring lambdas often have the same solution.
        if (k > 0 && solutions[k].choices == solutions[k - 1].choices) {
            point = points.back();
            point.lambda = lambdas[k];
            point.objective = value_of(objectives[k], solutions[k]);
            point.configuration.lambda = lambdas[k];
            points.push_back(point);
            continue;
        }
        point.configuration.score = score;
        point.configuration.exits = exits_of(meta, solutions[k].choices);
        point.configuration.lambda = lambdas[k];
        point.searched = search.simulate(point.configuration);
        point.validated = validate.simulate(point.configuration);
        points.push_back(std::move(point));
    }
    return points;
}

ConfigurationSet make_set(const std::vector<FrontPoint>& points, const Record& validate,
                          const CostTable& costs, const std::string& split, const std::string& validated) {
    std::vector<FrontPoint> kept;
    for (const FrontPoint& point : points) {
        const auto beats = [&](const FrontPoint& other) { return is_beaten(point, other); };
        const auto equals = [&](const FrontPoint& other) {
            return other.validated.accuracy == point.validated.accuracy &&
                   other.validated.cost == point.validated.cost;
        };
        if (std::none_of(points.begin(), points.end(), beats) &&
            std::none_of(kept.begin(), kept.end(), equals))
            kept.push_back(point);
    }
    std::stable_sort(kept.begin(), kept.end(), [](const FrontPoint& a, const FrontPoint& b) {
        return a.validated.cost < b.validated.cost;
    });
    const RecordMeta& meta = validate.meta;
    ConfigurationSet::Contents contents;
    contents.model_digest = meta.model_digest;
    contents.preprocess_digest = meta.preprocess_digest;
    contents.precision = meta.precision;
    contents.cost_unit = costs.unit;
    contents.split = split;
    contents.validated = validated;
    contents.base = {base_accuracy(validate), meta.base_macs(), costs.base()};
    for (std::size_t i = 0; i < kept.size(); ++i) {
        Configuration c = kept[i].configuration;
        const Simulation& estimate = kept[i].validated;
        char name[32];
        std::snprintf(name, sizeof name, "c%03zu", i);
        c.name = name;
        c.accuracy = c.accuracy_low = estimate.accuracy;
        c.macs = estimate.macs;
        c.relative_macs = estimate.macs / static_cast<double>(meta.base_macs());
        c.cost = estimate.cost;
        c.relative_cost = estimate.cost / costs.base();
        c.exit_share = shares_of(estimate);
        contents.configurations.push_back(std::move(c));
    }
    return ConfigurationSet(std::move(contents));
}

std::string front_csv(const std::vector<FrontPoint>& points, const Record& search, const Record& validate) {
    std::string text =
        "relative_macs,raw_macs,relative_acc,raw_acc,relative_macs_tr,raw_macs_tr,relative_acc_tr,raw_acc_tr,"
        "objective_tr,config,exit_ratio,lambda\n";
    const double base = base_accuracy(validate), base_tr = base_accuracy(search);
    const auto macs = static_cast<double>(search.meta.base_macs());
    for (const FrontPoint& point : points) {
        std::string ratios;
        for (const double share : shares_of(point.validated))
            ratios += (ratios.empty() ? "" : ";") + number(share);
        text += figures(point.validated, base, macs) + "," + figures(point.searched, base_tr, macs) + "," +
                number(point.objective) + "," + config_text(point.configuration) + "," + ratios + "," +
                number(point.lambda) + "\n";
    }
    return text;
}

}  // namespace dyce
