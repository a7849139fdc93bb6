#include "search/methods/objective.h"

#include <dyce/error.h>

#include <cmath>

namespace dyce {
namespace {

double right_answers(const Record& record, const RecordColumn& column) {
    double right = 0;
    for (std::size_t i = 0; i < record.images; ++i)
        right += column.predictions[i * record.topk] == record.labels[i] ? 1 : 0;
    return right;
}

// A quantity measured in parts of base - zero.
struct Scale {
    double zero, base;

    double unit() const { return base - zero; }
};

Scale choose_scale(double first, double base, bool normalised, const char* what,
                   std::vector<std::string>* notices) {
    if (!normalised) return {0, base};
    if (base > first) return {first, base};
    notices->push_back(std::string("the backbone's ") + what +
                       " is not above the first exit's: it is not normalised");
    return {0, base};
}

}  // namespace

std::vector<double> LambdaRange::values() const {
    std::vector<double> values;
    // Counted in whole steps: adding up would drift.
    const auto count = static_cast<long long>(std::ceil((high - low) / step - 1e-9));
    const double steps = std::round(1 / step);
    const bool decimal =
        std::abs(steps * step - 1) < 1e-12 && std::abs(low * steps - std::round(low * steps)) < 1e-9;
    for (long long k = 0; k < count; ++k) {
        const auto offset = static_cast<double>(k);
        values.push_back(decimal ? (std::round(low * steps) + offset) / steps : low + offset * step);
    }
    return values;
}

std::vector<Objective> make_objectives(const Record& record, const CostTable& costs,
                                       const std::vector<double>& lambdas, bool normalised,
                                       std::vector<std::string>* notices) {
    const auto images = static_cast<double>(record.images);
    const Scale correct =
        choose_scale(right_answers(record, record.columns.front()),
                     right_answers(record, record.columns.back()), normalised, "accuracy", notices);
    const Scale cost =
        choose_scale(costs.backbone.front() * images, costs.base() * images, normalised, "cost", notices);
    if (!(correct.unit() > 0))
        throw Error(ErrorCode::kContent, "record",
                    "its final exit has no right answer: nothing to search for");
    std::vector<Objective> objectives;
    for (const double lambda : lambdas) {
        Objective objective;
        objective.lambda = lambda;
        objective.per_correct = lambda / correct.unit();
        objective.per_cost = (1 - lambda) / cost.unit();
        objective.constant = lambda + objective.per_correct * correct.zero - objective.per_cost * cost.zero;
        objectives.push_back(objective);
    }
    return objectives;
}

}  // namespace dyce
